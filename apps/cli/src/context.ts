import type { Writable } from 'node:stream';
import type { Command } from 'commander';
import { createClient, type OtpostClient } from '@otpost/client';
import { CliError } from './errors.js';
import { Output } from './output.js';

/** What the process gives to its commands. */
export interface Surroundings {
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable;
  /** Aborts when the process is told to end. */
  signal: AbortSignal;
}

export interface GlobalOptions {
  url: string;
  key?: string;
  json?: boolean;
}

/** What a command works with. */
export interface Context {
  output: Output;
  signal: AbortSignal;
  /** Asked for only by what calls the API. @throws CliError where there is no key */
  access: () => { url: string; apiKey: string };
  client: () => OtpostClient;
}

export function contextOf(command: Command, { stdout, stderr, signal }: Surroundings): Context {
  const { url, key, json } = command.optsWithGlobals<GlobalOptions>();
  const access = () => {
    if (!URL.canParse(url) || !/^https?:/.test(url)) throw new CliError('usage', `the URL ${url} is none of HTTP`);
    if (key === undefined || key === '') {
      throw new CliError('usage', 'there is no API key: set OTPOST_API_KEY, or give --key');
    }
    if (!/^[\x21-\x7e]+$/.test(key)) throw new CliError('usage', 'the API key has characters that no key has');
    return { url, apiKey: key };
  };
  return { output: new Output(stdout, stderr, json === true), signal, access, client: () => createClient(access()) };
}
