"""Read a number out of one cell of a foreign table."""


def number(name: str, value: float | int | str) -> float:
    """Return the value of column ``name``; ValueError if the cell holds no number."""
    try:
        return float(value)
    except ValueError:
        raise ValueError(
            f"row: column {name} must hold a number, got {value!r}; check the separator of the file"
        ) from None
