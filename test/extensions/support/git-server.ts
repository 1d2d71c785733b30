import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Content, writeFiles } from '../corpus/case.ts';

export interface GitServer {
  /** Address of a repository by its name. */
  url(name: string): string;
  /** Writes files into a repository's work tree and commits them; returns the commit. */
  commit(name: string, files: Record<string, Content>): string;
  /** Runs git in a repository's work tree. */
  git(name: string, ...args: string[]): string;
  close(): Promise<void>;
}

/** A git server on loopback: git's own http-backend behind node's http, for repositories below `folder`. */
export async function serveGit(folder: string): Promise<GitServer> {
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend');
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const child = spawn(backend, {
      env: {
        ...{
          PATH: process.env.PATH,
          GIT_PROJECT_ROOT: folder,
          GIT_HTTP_EXPORT_ALL: '1',
          PATH_INFO: pathname,
        },
        ...{ QUERY_STRING: searchParams.toString(), REQUEST_METHOD: request.method },
        ...{
          CONTENT_TYPE: request.headers['content-type'] ?? '',
          HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
        },
        ...{ GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''), REMOTE_ADDR: '127.0.0.1' },
      },
    });
    request.pipe(child.stdin);
    child.stdin.on('error', () => {}); // the backend may answer before it has read all
    let head = Buffer.alloc(0);
    child.stdout.on('data', (part: Buffer) => {
      if (response.headersSent) return void response.write(part);
      head = Buffer.concat([head, part]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const headers = head
        .subarray(0, end)
        .toString()
        .split('\r\n')
        .map((line) => line.split(': '));
      const status = headers.find(([name]) => name === 'Status')?.[1];
      response.writeHead(
        Number.parseInt(status ?? '200', 10),
        Object.fromEntries(headers.filter(([name]) => name !== 'Status')),
      );
      response.write(head.subarray(end + 4));
    });
    child.stdout.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const git = (name: string, ...args: string[]): string => {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main'];
    const place = args[0] === 'init' ? [] : ['-C', join(folder, name)];
    return execFileSync('git', [...identity, ...place, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  };
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return {
    url: (name) => `http://127.0.0.1:${port}/${name}/.git`,
    git,
    close,
    commit: (name, files) => {
      git(name, 'init', '--quiet', join(folder, name));
      writeFiles(join(folder, name), files);
      git(name, 'add', '--all', '--force');
      git(name, 'commit', '--quiet', '--allow-empty', '-m', 'x');
      return git(name, 'rev-parse', 'HEAD');
    },
  };
}
