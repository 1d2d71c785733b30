import { defineRehearsal } from '../../src/model/rehearsal/script.ts';
import { lead } from './lead.ts';
import { teammate } from './teammate.ts';

export default defineRehearsal({ title: 'Sort a mailbox by month', lead, teammate });
