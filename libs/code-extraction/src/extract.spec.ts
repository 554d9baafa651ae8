import { describe, expect, test } from '@jest/globals';
import { extract } from './extract.js';
import { extractLine } from './extract-lines.js';
import { hintPatternProblem } from './hint.js';
import type { Expectation, Message } from './message.js';

function sms(text: string, expectation?: Expectation) {
  return extract({ channel: 'sms', from: 'Example', text }, expectation);
}

function html(body: string, parts: Partial<Message> = {}) {
  return extract({ channel: 'email', from: 'Example <no-reply@example.com>', html: body, ...parts });
}

describe('what a person would type', () => {
  test.each([
    ['Your code is 123-987', '123987'],
    ['Your code is 123 987', '123987'],
    ['Your code is 1 2 3 9 8 7', '123987'],
    ['G-284705 is your verification code', '284705'],
    ['Your code is 004512', '004512'],
    ['Your verification code is JQW-9TX', 'JQW-9TX'],
    ['رمز التحقق ٤٤٧١٩٠', '447190'],
    ['आपका ओटीपी ४४७१९० है', '447190'],
    ['認証コード：４４７１９０', '447190'],
    ['Your code is 4\u200b4\u200b7\u200b1\u200b9\u200b0', '447190'],
    ['Your code is \u202d𝟒𝟒𝟕𝟏𝟗𝟎\u202c', '447190'],
  ])('%s', (text, code) => expect(sms(text).code).toBe(code));
});

describe('hidden text is not read', () => {
  test.each([
    ['display:none'],
    ['visibility:hidden'],
    ['font-size:0'],
    ['opacity:0'],
    ['max-height:0;overflow:hidden'],
    ['mso-hide:all'],
    ['color:#fff;background:#ffffff'],
    ['position:absolute;left:-9999px'],
  ])('%s', (style) => {
    expect(html(`<p>Your code is <b>551074</b></p><p style="${style}">Your code is 999888</p>`).code).toBe('551074');
    expect(html(`<p style="${style}">Your code is 999888</p>`).code).toBeNull();
  });

  test('nor comments, titles, scripts, styles, the hidden attribute, and classes that a style sheet hides', () => {
    const page =
      '<head><title>Your code is 111222</title><style>.x{display:none}</style></head><!-- code 222333 -->' +
      '<script>code = 333444</script><p hidden>code 444555</p><p class="x">code 555666</p><p>code 551074</p>';
    expect(html(page).code).toBe('551074');
    expect(html(page).candidates.map(({ value }) => value)).toEqual(['551074']);
  });
});

test('a code split over cells and elements is put together', () => {
  const cells = [...'902168'].map((digit) => `<td>${digit}</td>`).join('');
  expect(html(`<p>Your login code</p><table><tr>${cells}</tr></table>`).code).toBe('902168');
  expect(html('<p>Your login code</p><b>902</b><b>168</b>').code).toBe('902168');
});

test('a code grouped by a dash in a cell of its own is put together', () => {
  expect(html('<p>Your login code:</p><table><tr><td>482</td><td>-</td><td>019</td></tr></table>').code).toBe('482019');
});

test('the innermost font size decides whether text is visible', () => {
  const block = (inner: string) =>
    `<td style="font-size:0px"><div style="${inner}">Your code is <b>551074</b></div></td>`;
  expect(html(block('font-size:14px')).code).toBe('551074');
  expect(html(block('color:#333')).code).toBeNull();
});

test('a part that is left in base64 is decoded', () => {
  const text = Buffer.from('Hello Ana,\nYour login code is 482019.\nBye').toString('base64');
  expect(extract({ channel: 'email', subject: 'Hello', text }).code).toBe('482019');
});

test('a bare code is not taken where the words say what else it opens', () => {
  expect(sms('Your Example locker code is 551074').code).toBeNull();
  expect(sms('Example: give code 5510 to your driver').code).toBeNull();
  expect(sms('Example: PIN 5510 was saved for the cleaner').code).toBeNull();
  expect(sms('Example: your code is 5510. Never give it to the driver').code).toBe('5510');
});

test('where languages differ on a word, the one that the message is written in is heard', () => {
  // In Romanian "usa" is the door.
  expect(sms('Example: usa 551074 para confirmar tu pago').code).toBe('551074');
});

test('an origin-bound code wins, more so where it is bound to the credential', () => {
  const text = 'Use 551074 for order 884120.\n\n@example.com #551074';
  expect(sms(text, { domain: 'example.com' })).toMatchObject({ code: '551074', reason: 'origin-bound' });
  expect(sms(text, { domain: 'other.example' }).confidence).toBeLessThan(sms(text).confidence);
});

test('the newest code wins over one that is quoted', () => {
  const text = 'Your code is 551074\n\nOn Thu, Nov 20, 2026 Example wrote:\n> Your code is 884120';
  expect(extract({ channel: 'email', subject: 'Re: code', text }).code).toBe('551074');
});

test('two codes that cannot be told apart are none, and both are listed', () => {
  const extraction = sms('Your code is 551074. Your code is 884120.');
  expect(extraction).toMatchObject({ code: null, link: null, reason: 'ambiguous-codes' });
  expect(extraction.candidates.map(({ value }) => value).sort()).toEqual(['551074', '884120']);
});

describe('a link is kept as it is written', () => {
  test('with entities decoded, beside links that are none', () => {
    const link = html(
      '<a href="https://example.com/verify?token=8f2a&amp;user=7">Confirm your email</a> ' +
        '<a href="https://example.com/unsubscribe?u=8f2a">Unsubscribe</a> <a href="https://example.com/help">Help</a>',
    ).link;
    expect(link).toBe('https://example.com/verify?token=8f2a&user=7');
  });

  test('without the punctuation around it, and over the line break in angle brackets', () => {
    expect(sms('Sign in (https://example.com/login/t/Qp8-kd).').link).toBe('https://example.com/login/t/Qp8-kd');
    expect(sms('Verify your email: <https://example.com/verify/Qp8-\nkd93>').link).toBe(
      'https://example.com/verify/Qp8-kd93',
    );
  });

  test('but not beside a code where it is for people who did not ask', () => {
    const text =
      'Security code: 551074\nIf you do not recognize ana@a.example, click here: https://example.com/remove?t=8f2a9c';
    expect(extract({ channel: 'email', subject: 'Security code', text })).toMatchObject({ code: '551074', link: null });
  });

  test('but not the one for people who did not ask', () => {
    expect(sms('New sign-in. Not you? https://example.com/report/8f2a').link).toBeNull();
  });
});

describe('a hint sharpens', () => {
  test('the length and the alphabet', () => {
    const text = 'Your code is 551074. Your code is 4471.';
    expect(sms(text, { hint: { length: 4 } }).code).toBe('4471');
    expect(sms('Login AB12CD 551074', { hint: { alphabet: 'alphanumeric', length: 6 } }).reason).toBeDefined();
    expect(sms('Your code is 551074', { hint: { alphabet: 'letters' } }).code).toBeNull();
  });

  test('the pattern, by its first group', () => {
    expect(sms('grid B7: 88 then K4QZ!', { hint: { pattern: 'then (\\w{4})' } })).toMatchObject({
      code: 'K4QZ',
      reason: 'pattern-fits',
    });
  });

  test('a pattern is checked before it is stored', () => {
    expect(hintPatternProblem('\\b(\\d{6})\\b')).toBeUndefined();
    expect(hintPatternProblem('(?=x)')).toBeDefined();
    expect(hintPatternProblem('((a{100}){100}){100}')).toBeDefined();
    expect(hintPatternProblem('a'.repeat(300))).toBeDefined();
  });
});

describe('a line of JSON', () => {
  test('is answered with its id', () => {
    const result = extractLine('{"id":"x","channel":"sms","text":"Your code is 551074","lang":"en"}');
    expect('answer' in result && JSON.parse(result.answer)).toMatchObject({ id: 'x', code: '551074', link: null });
  });

  test.each(['{', '[]', 'null', '{"text":5}', '{"channel":"fax"}'])('%s is refused with a reason', (line) => {
    expect(extractLine(line)).toEqual({ problem: expect.any(String) });
  });
});
