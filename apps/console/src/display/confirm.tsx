import { useState, type ReactNode } from 'react';
import { Button, Group, Modal, Stack, Text, type ButtonProps } from '@mantine/core';

interface ConfirmProps extends ButtonProps {
  /** Of the button, and of the one that does it. */
  label: string;
  title: string;
  text: ReactNode;
  onConfirm: () => void;
}

/** A button that asks once more. */
export function Confirm({ label, title, text, onConfirm, ...button }: ConfirmProps) {
  const [isOpen, setIsOpen] = useState(false);
  const close = () => setIsOpen(false);
  const confirm = () => {
    close();
    onConfirm();
  };
  return (
    <>
      <Button variant="light" color="red" {...button} onClick={() => setIsOpen(true)}>
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={title} centered>
        <Stack>
          <Text size="sm" component="div">
            {text}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              Keep it
            </Button>
            <Button color="red" onClick={confirm}>
              {label}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
