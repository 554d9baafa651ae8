import { Modal, Tabs } from '@mantine/core';
import { AuthenticatorCamera } from './authenticator-camera.js';
import { AuthenticatorPicture } from './authenticator-picture.js';
import { AuthenticatorText } from './authenticator-text.js';

/** By what somebody has in hand: letters or a link, a picture of a QR code, or the code itself. */
export function AuthenticatorForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add an authenticator">
      <Tabs defaultValue="text" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="text">Text or link</Tabs.Tab>
          <Tabs.Tab value="picture">Picture</Tabs.Tab>
          <Tabs.Tab value="camera">Camera</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="text">
          <AuthenticatorText onClose={onClose} />
        </Tabs.Panel>
        <Tabs.Panel value="picture">
          <AuthenticatorPicture onClose={onClose} />
        </Tabs.Panel>
        <Tabs.Panel value="camera">
          <AuthenticatorCamera onClose={onClose} />
        </Tabs.Panel>
      </Tabs>
    </Modal>
  );
}
