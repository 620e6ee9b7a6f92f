// Usage: npm install && node look.js face.glb picture.png   (CHROMIUM: path of a Chromium, default /usr/bin/chromium)
// Exits with 1 if the Khronos validator finds an error; writes a picture of twelve expressions in three.js.
const fs = require('fs'), http = require('http'), path = require('path');
const validator = require('gltf-validator');
const { chromium } = require('playwright-core');

const KINDS = { '.js': 'text/javascript', '.html': 'text/html', '.glb': 'model/gltf-binary' };
const FLAGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

function serve(glb) {
  return http.createServer((request, answer) => {
    const name = decodeURIComponent(request.url.split('?')[0]);
    const file = name === '/face.glb' ? glb : path.join(__dirname, path.normalize(name));
    if (!fs.existsSync(file)) { answer.writeHead(404); return answer.end(); }
    answer.writeHead(200, { 'content-type': KINDS[path.extname(file)] || 'application/octet-stream' });
    fs.createReadStream(file).pipe(answer);
  }).listen(0);
}

async function main(glb, picture) {
  const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(glb)), { maxIssues: 0 });
  const { numErrors, numWarnings, numInfos } = report.issues;
  console.log(`${numErrors} errors, ${numWarnings} warnings, ${numInfos} notes`);
  for (const one of report.issues.messages) console.log(`  ${one.code} ${one.pointer || ''}`);
  const server = serve(glb);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS });
  const page = await browser.newPage({ viewport: { width: 1280, height: 960 } });
  page.on('pageerror', error => { console.error(error.message); process.exitCode = 1; });
  await page.goto(`http://localhost:${server.address().port}/index.html`);
  await page.waitForFunction("document.title == 'done'", null, { timeout: 120000 });
  await page.screenshot({ path: picture });
  await browser.close();
  server.close();
  if (numErrors) process.exitCode = 1;
}

main(process.argv[2], process.argv[3]);
