// The floors of docs/architecture.md: an arrow points only downwards, rooms of one floor do not know each other.
const FLOORS = [
  ['protocol', 'text'],
  ['store'],
  ['mailbox', 'tasklist', 'team', 'model', 'extensions', 'memory'],
  ['gate', 'files', 'git', 'vm', 'pane'],
  ['keeper'],
  ['supervisor'],
  ['web'],
  ['cli'],
];
const GUEST = ['agent', 'lead', 'teammate'];

const rules = FLOORS.flatMap((rooms, floor) =>
  rooms.map((room) => {
    const below = FLOORS.slice(0, floor).flat();
    const allowed = [room, ...below].join('|');
    return {
      name: `${room}-looks-only-down`,
      comment: `src/${room} may import ${below.length === 0 ? 'nothing of ours' : below.join(', ')}.`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${allowed})/` },
    };
  }),
);

export default {
  forbidden: [
    ...rules,
    ...GUEST.map((room) => ({
      name: `${room}-is-a-guest`,
      comment: `src/${room} runs in the guest: it may import protocol, text and its fellow guests only.`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(protocol|text|${GUEST.join('|')})/` },
    })),
    { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'sources-do-not-know-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|examples|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs'] },
  },
};
