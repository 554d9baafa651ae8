/** For the specs of those who work with keys: stand-ins of the key providers, each over HTTP on this machine. */
export { type AwsKmsStandIn, startAwsKmsStandIn } from './aws-kms-stand-in.js';
export { type GoogleCloudKmsStandIn, startGoogleCloudKmsStandIn } from './google-cloud-kms-stand-in.js';
export { startTransitStandIn, type TransitStandIn } from './transit-stand-in.js';
