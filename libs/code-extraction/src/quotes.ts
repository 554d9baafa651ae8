import type { Span } from './message.js';

/**
 * Marks what a reply quotes from older messages: lines that begin with '>', and everything behind "On ... wrote:" or
 * "Original Message". A forwarded message is no quotation: it is what the mail is about.
 */
export function quotedSpans(text: string): Span[] {
  const spans: Span[] = [];
  let position = 0;
  let contentBefore = 0;
  for (let count = 0; position < text.length && count < 5000; count++) {
    const newline = text.indexOf('\n', position);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(position, Math.min(end, position + 300)).trim();
    if (line.startsWith('>') && !line.startsWith('>>>')) {
      const last = spans[spans.length - 1];
      const start = last !== undefined && last.end + 1 === position ? (spans.pop()?.start ?? position) : position;
      spans.push({ start, end, kind: 'quoted' });
    } else if (forwarded.test(line)) {
      return spans;
    } else if (contentBefore >= 8 && separates(line, text, end)) {
      spans.push({ start: position, end: text.length, kind: 'quoted' });
      return spans;
    } else {
      contentBefore += line.length;
    }
    position = end + 1;
  }
  return spans;
}

const forwarded =
  /forwarded message|weitergeleitete nachricht|mensaje reenviado|mensagem encaminhada|message transféré|messaggio inoltrato|doorgestuurd bericht|vidarebefordra|videresendt|przekazana wiadomo|пересылаемое сообщение|пересланное|переслане|转发的邮件|轉寄的郵件|轉寄郵件|転送メッセージ|전달된 메시지|iletilen ileti|diteruskan/i;

const original =
  /^[-_—=*\s]{2,}\s*(?:original(?:e|es)? (?:message|nachricht)|original message|ursprüngliche nachricht|original-nachricht|originalnachricht|mensaje original|mensagem original|message d'origine|message original|messaggio originale|oorspronkelijk bericht|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|původní zpráva|eredeti üzenet|исходное сообщение|оригинальное сообщение|orijinal ileti|özgün ileti|pesan asli|thư gốc|原始邮件|原始郵件|元のメッセージ|원본 메시지)/i;

const wrote =
  /(?:wrote|schrieb|writes|a écrit|escribió|escribio|escreveu|ha scritto|schreef|skrev|kirjoitti|napisał(?:\(a\))?|napsal(?:\(a\))?|napísal|írta|a scris|έγραψε|написал(?:\(а\))?|пишет|написав|yazdı|menulis|đã viết|写道|寫道|のメール|님이 작성|wrote the following|כתב|كتب)[^\n]{0,60}:$/i;

function separates(line: string, text: string, end: number): boolean {
  if (original.test(line)) return true;
  if (/^(?:from|von|de|da|van|från|fra|od|от|від|发件人|寄件者|差出人|보낸 사람)\s?:/i.test(line)) {
    const next = text.slice(end + 1, end + 400);
    return /^(?:\s*(?:to|sent|date|subject|gesendet|an|betreff|enviado|para|asunto|assunto|envoyé|à|objet|inviato|a|oggetto|verzonden|aan|onderwerp|datum|data|do|temat|кому|дата|тема|日期|主题|收件人)\s?:)/i.test(
      next,
    );
  }
  if (!wrote.test(line)) return false;
  // Behind "wrote:" either '>' lines follow, which are marked one by one, or the quotation runs to the end.
  return !/^\s*>/.test(text.slice(end + 1, end + 40));
}
