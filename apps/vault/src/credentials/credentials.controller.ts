import { Controller, Inject } from '@nestjs/common';
import {
  clearBrowserState,
  createCredential,
  deleteCredential,
  findCredential,
  listCredentials,
  readTfaCode,
  updateCredential,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Rpc } from '@otpost/messaging';
import { CreateCredential } from './create-credential.js';
import { DeleteCredential } from './delete-credential.js';
import { ReadCredential } from './read-credential.js';
import { ReadTfaCode } from './read-tfa-code.js';
import { UpdateCredential } from './update-credential.js';

/** Vault entries: logins with their second factor. */
@Controller()
export class CredentialsController {
  constructor(
    @Inject(CreateCredential) private readonly createCredential: CreateCredential,
    @Inject(UpdateCredential) private readonly updateCredential: UpdateCredential,
    @Inject(ReadCredential) private readonly readCredential: ReadCredential,
    @Inject(DeleteCredential) private readonly deleteCredential: DeleteCredential,
    @Inject(ReadTfaCode) private readonly readTfaCode: ReadTfaCode,
  ) {}

  @Rpc(createCredential)
  create(request: RequestOf<typeof createCredential>): Promise<ResponseOf<typeof createCredential>> {
    return this.createCredential.run(request);
  }

  @Rpc(updateCredential)
  update(request: RequestOf<typeof updateCredential>): Promise<ResponseOf<typeof updateCredential>> {
    return this.updateCredential.run(request);
  }

  @Rpc(findCredential)
  find(request: RequestOf<typeof findCredential>): Promise<ResponseOf<typeof findCredential>> {
    return this.readCredential.byPair(request);
  }

  @Rpc(listCredentials)
  list(request: RequestOf<typeof listCredentials>): Promise<ResponseOf<typeof listCredentials>> {
    return this.readCredential.list(request);
  }

  @Rpc(deleteCredential)
  delete(request: RequestOf<typeof deleteCredential>): Promise<ResponseOf<typeof deleteCredential>> {
    return this.deleteCredential.run(request);
  }

  @Rpc(clearBrowserState)
  clearBrowserState(request: RequestOf<typeof clearBrowserState>): Promise<ResponseOf<typeof clearBrowserState>> {
    return this.updateCredential.clearBrowserState(request);
  }

  @Rpc(readTfaCode)
  readCode(request: RequestOf<typeof readTfaCode>): Promise<ResponseOf<typeof readTfaCode>> {
    return this.readTfaCode.run(request);
  }
}
