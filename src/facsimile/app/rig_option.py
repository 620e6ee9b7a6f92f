"""The option ``--rig`` of commands that draw people; names stand here so that help needs no renderer."""

RIG_CHOICES = ("makehuman", "ict", "mixed")
"""As ``face.rigs.RIG_CHOICES``; a test compares them."""
RIG_HELP = "What people are drawn from; ict needs FACSIMILE_ICT, mixed is half and half."
