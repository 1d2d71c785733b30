/** How far a call has come, in words. */
export function progressText({
  progress,
  total,
  message,
}: {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}): string {
  const count = total === undefined ? String(progress) : `${progress} of ${total}`;
  return `${count}${message === undefined ? '' : `: ${message.slice(0, 200)}`}`;
}
