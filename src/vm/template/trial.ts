import { startMachine } from '../machine.ts';
import type { MakeOptions, TemplateRequest } from './request.ts';
import type { Template } from './template.ts';

/** Restores a template once and has the guest go on up to the point where it asks for its files; throws what went wrong. */
export async function tryTemplate(
  template: Template,
  request: TemplateRequest,
  options: MakeOptions,
): Promise<void> {
  await using machine = await startMachine({
    ...request,
    name: 'trial',
    memory: { birth: 'restore', file: template.memory, state: template.state },
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.runtimeDirectory ? { runtimeDirectory: options.runtimeDirectory } : {}),
  });
  machine.files.on('data', (frame: Buffer) => machine.files.write(refusal(frame)));
  machine.wantFiles();
  await machine.started;
}

/** An Rlerror (EIO) for a 9P request, so that the guest goes on at once: size, type 7, the request's tag, the error. */
function refusal(request: Buffer): Buffer {
  const reply = Buffer.from([11, 0, 0, 0, 7, 0, 0, 5, 0, 0, 0]);
  request.copy(reply, 5, 5, 7);
  return reply;
}
