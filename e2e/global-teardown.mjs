import { stopSharedSystem } from './shared-system.mjs';

export default stopSharedSystem;
