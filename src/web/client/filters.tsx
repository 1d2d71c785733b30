interface Choice {
  value: string;
  label: string;
}

/** Whose rows are shown. */
export function Whose({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: readonly Choice[];
  onChange: (value: string) => void;
}) {
  return (
    <select value={value} aria-label={label} onChange={(event) => onChange(event.currentTarget.value)}>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

/** Words that must be in a row; the key `/` goes here. */
export function FindWords({
  label = 'Find words',
  value,
  onChange,
}: {
  label?: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <input
      type="search"
      placeholder={label}
      aria-label={label}
      data-find
      value={value}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}
