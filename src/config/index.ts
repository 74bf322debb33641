/**
 * One description of the configuration. From it follow the flags of the command line, the CHATSTATS_… variables, the
 * keys of the configuration file, the help texts, the types and docs/configuration.md, so that they cannot disagree.
 *
 * `resolveConfig` is pure: the machine (platform, home folder, environment) is an argument. Only `readConfigFile`
 * touches a file. What is wrong is reported as USAGE, naming the flag, variable or key; private values are not repeated.
 */
export { configurationDocument, type FlagHelp, flagsOf } from './document.ts';
export { readConfigFile } from './file.ts';
export { givenArguments } from './given.ts';
export type { Machine } from './option.ts';
export { type Config, type ConfigInput, type FileSettings, resolveConfig, type Settings } from './resolve.ts';
