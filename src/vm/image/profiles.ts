import type { ImageName } from '../../protocol/images.ts';

/** What an image is made of beside kernel, drivers and Node. */
export interface ImageProfile {
  /** Debian packages, beside the minimal base. */
  packages: readonly string[];
  /** Whether it has the npm packages of `javascript/`, for programs that say `require`. */
  hasModules: boolean;
  /** Shell lines that run in the new root (as `sh -c`) and must end well: what they try works in the guest. */
  proofs: readonly string[];
  /** Room that a build takes on the disk at its height, bytes. */
  roomBytes: number;
  /** What a build fetches and leaves, bytes, and how long it took on two cores, seconds: to be told before. */
  told: { fetches: number; leaves: number; seconds: number };
}

/** What the agent's tools and the scripts that models write expect to find. */
const PLAIN = [
  'busybox-static',
  'ca-certificates',
  'curl',
  'file',
  'git',
  'jq',
  'less',
  'libatomic1',
  'libstdc++6',
  'patch',
  'procps',
  'python3',
  'ripgrep',
  'socat',
  'unzip',
  'xz-utils',
  'zip',
] as const;

/**
 * What reads, makes and shows documents. Debian 12 has no python-pptx and no pdfplumber: LibreOffice, pandoc and pdfminer do their work. Public
 * skills say `python` for python3, and read XML with defusedxml.
 */
const OFFICE = [
  'fontconfig',
  'fonts-crosextra-caladea',
  'fonts-crosextra-carlito',
  'fonts-dejavu-core',
  'fonts-liberation2',
  'libreoffice-calc-nogui',
  'libreoffice-impress-nogui',
  'libreoffice-writer-nogui',
  'pandoc',
  'poppler-utils',
  'python-is-python3',
  'python3-defusedxml',
  'python3-docx',
  'python3-lxml',
  'python3-openpyxl',
  'python3-pandas',
  'python3-pdfminer',
  'python3-pil',
  'python3-pip',
  'python3-pypdf',
  'python3-reportlab',
  'python3-uno',
  'python3-xlsxwriter',
  'qpdf',
  'tesseract-ocr',
  'tesseract-ocr-eng',
] as const;

/** The modules of Python and JavaScript and LibreOffice are there and work. The last leaves LibreOffice's settings made, which takes long in a guest. */
const OFFICE_PROOFS = [
  'fc-cache -f',
  'python -c "import defusedxml, docx, lxml.etree, openpyxl, pandas, pdfminer, PIL, pypdf, reportlab, uno, xlsxwriter"',
  `node -e "for (const name of ['docx', 'pdf-lib', 'pptxgenjs']) require(name)"`,
  'cd /tmp && echo works > proof.txt && HOME=/root soffice --headless --convert-to pdf proof.txt >/dev/null && pdftotext proof.pdf - | grep -q works && rm -f proof.txt proof.pdf',
];

export const IMAGE_PROFILES: Readonly<Record<ImageName, ImageProfile>> = {
  plain: {
    packages: PLAIN,
    hasModules: false,
    proofs: [],
    roomBytes: 1_500_000_000,
    told: { fetches: 150_000_000, leaves: 420_000_000, seconds: 60 },
  },
  office: {
    packages: [...PLAIN, ...OFFICE],
    hasModules: true,
    proofs: OFFICE_PROOFS,
    roomBytes: 4_000_000_000,
    told: { fetches: 255_000_000, leaves: 1_200_000_000, seconds: 290 },
  },
};
