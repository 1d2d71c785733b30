/** Something that is not as it should be, always with the file and the reason. An error refuses what it was found in. */
export interface Finding {
  severity: 'warning' | 'error';
  /** Path below the folder of the plugin or marketplace, `.` for the folder itself. */
  file: string;
  reason: string;
}

export type ExtensionState = 'loaded' | 'warnings' | 'refused';

/** Where whoever reads an extension notes what is wrong with it. */
export interface Notes {
  readonly findings: Finding[];
  warn(file: string, reason: string): void;
  refuse(file: string, reason: string): void;
}

/** Most findings that are kept of one thing; a hostile one could make millions. */
const FINDINGS_MAX = 200;

export function createNotes(): Notes {
  const findings: Finding[] = [];
  const note = (severity: Finding['severity'], file: string, reason: string): void => {
    const cut = reason.length > 500 ? `${reason.slice(0, 499)}…` : reason;
    if (findings.length < FINDINGS_MAX || severity === 'error')
      findings.push({ severity, file: file === '' ? '.' : file, reason: cut });
  };
  return {
    findings,
    warn: (file, reason) => note('warning', file, reason),
    refuse: (file, reason) => note('error', file, reason),
  };
}

export function stateOf(findings: readonly Finding[]): ExtensionState {
  if (findings.some(({ severity }) => severity === 'error')) return 'refused';
  return findings.length > 0 ? 'warnings' : 'loaded';
}
