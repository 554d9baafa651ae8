import { PassThrough } from 'node:stream';
import { expect, it } from '@jest/globals';
import { promptHidden } from './ask-password.js';

it('a password that is typed is read and not shown', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  const answer = promptHidden('Password: ', { input, output, signal });
  input.write('corr');
  input.write('ect hörse\r');
  expect(await answer).toBe('correct hörse');
  expect(String(output.read())).toBe('Password: \n');
});

it('a question ends with the process', async () => {
  const stopping = new AbortController();
  const answer = promptHidden('?', { input: new PassThrough(), output: new PassThrough(), signal: stopping.signal });
  stopping.abort();
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
});

it.each([
  ['the end of the input', (input: PassThrough) => input.end('half')],
  ['Ctrl-D', (input: PassThrough) => input.write('\u0004')],
])('%s is no password', async (_, act) => {
  const input = new PassThrough();
  const answer = promptHidden('?', { input, output: new PassThrough(), signal: new AbortController().signal });
  act(input);
  await expect(answer).rejects.toMatchObject({ message: 'no password was given' });
});
