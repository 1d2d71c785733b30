/** The views of a team, in their order; the number is the key that opens one. */
export const VIEWS = [
  { id: 'board', label: 'Board' },
  { id: 'timeline', label: 'Timeline' },
  { id: 'agents', label: 'Agents' },
  { id: 'panes', label: 'Panes' },
  { id: 'requests', label: 'Requests' },
  { id: 'changes', label: 'Changes' },
  { id: 'artifacts', label: 'Artifacts' },
  { id: 'logs', label: 'Logs' },
] as const;
