import { extract, type Expectation, type Message } from '@otpost/code-extraction';
import { parseMail } from '../mail/parse-mail.js';
import { parseInboundParse, type InboundParseRequest } from '../sendgrid/parse-inbound-parse.js';
import { serveTasks } from './serve-tasks.js';

export interface ExtractTask {
  message: Message;
  expectations: Expectation[];
}

serveTasks({
  parse_mail: (raw: Uint8Array) => parseMail(raw),
  parse_inbound_parse: (request: InboundParseRequest) => parseInboundParse(request),
  extract: ({ message, expectations }: ExtractTask) => expectations.map((expectation) => extract(message, expectation)),
});
