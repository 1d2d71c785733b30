// The demo job from launch to end, set-up not counted: whole time, boot times, and what it is bound by. Needs the guest image.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { coworkHome, imagesFolder } from '../src/team/paths.ts';

const home = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
for (const job of ['mailbox', 'addresses']) {
  const load = loadavg()[0];
  const { stdout } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '..', 'examples', 'demo', 'main.ts'), '--json', '--job', job],
    {
      encoding: 'utf8',
      env: { ...process.env, COWORK_HOME: home, COWORK_IMAGES: imagesFolder(coworkHome()) },
    },
  );
  const { ok, elapsedMs, bootMs, accelerator, vms } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  const boots = Object.values(bootMs as Record<string, number>);
  const figure = {
    bench: 'demo',
    job,
    ok,
    seconds: elapsedMs / 1000,
    slowestBootSeconds: Math.max(...boots) / 1000,
    accelerator,
    vms,
    loadBefore: load,
  };
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}
rmSync(home, { recursive: true, force: true });
