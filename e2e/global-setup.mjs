import { startSharedSystem } from './shared-system.mjs';

export default startSharedSystem;
