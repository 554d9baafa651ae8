import { Box, Code, Tabs } from '@mantine/core';
import { Copy } from '../display/copy.js';
import { snippets } from './snippets.js';

/** How a receiver proves that a webhook came from here, in its own language. */
export function SignatureSnippet() {
  return (
    <Tabs defaultValue={snippets[0]?.language ?? ''} variant="outline">
      <Tabs.List>
        {snippets.map(({ language }) => (
          <Tabs.Tab key={language} value={language}>
            {language}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {snippets.map(({ language, code }) => (
        <Tabs.Panel key={language} value={language} pt="xs">
          <Box pos="relative">
            <Code block tabIndex={0}>
              {code}
            </Code>
            <Box pos="absolute" top={6} right={6}>
              <Copy text={code} label={`Copy the ${language} code`} />
            </Box>
          </Box>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
