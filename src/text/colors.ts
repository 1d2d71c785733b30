const SGR_OF = new Map(
  Object.entries({
    red: '31',
    blue: '34',
    green: '32',
    yellow: '33',
    purple: '35',
    orange: '38;5;208',
    pink: '38;5;205',
    cyan: '36',
  }),
);

/** A colour that agents may have, as terminals are asked for it: parameters of SGR (ECMA-48, 8.3.117); undefined for any other word. */
export const sgrOf = (color: string | undefined): string | undefined => SGR_OF.get(color ?? '');
