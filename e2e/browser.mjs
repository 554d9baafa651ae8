// @ts-check
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const elsewhere = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * The browser that CHROMIUM names, else the first one on PATH.
 * @param {Record<string, string | undefined>} [environment]
 * @returns {string | undefined} `undefined` also when CHROMIUM names none
 */
export function findChromium(environment = process.env) {
  if (environment['CHROMIUM']) return [environment['CHROMIUM']].find(isProgram);
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...elsewhere].find(isProgram);
}

/**
 * Without a window, and calling nobody but the pages that it is shown.
 * @param {string} executablePath
 * @param {readonly string[]} [more] of its arguments
 */
export function launchChromium(executablePath, more = []) {
  return chromium.launch({
    executablePath,
    // Whoever launches it ends it. By itself it would end this whole process on Ctrl-C, and leave undone what else is to do.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
