import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { ChatStatsError } from '../kernel/index.ts';
import { Launchd } from './launchd.ts';
import type { Installed, Manager, ServiceMachine, ServiceState, ServiceTask } from './manager.ts';
import { secretsIn } from './secrets.ts';
import { Systemd } from './systemd.ts';

/** How the service is doing; null on a system that has no way to keep one. */
export async function serviceState(machine: ServiceMachine): Promise<ServiceState | null> {
  return (await managerOf(machine))?.state() ?? null;
}

/**
 * Makes `bin/chatstats` with these arguments and secrets start at login, and starts it now. One that is installed already with the
 * same is written and started again; one with others is left alone, unless `force` says so: SERVICE_DIFFERS.
 * Throws SERVICE_UNAVAILABLE and SERVICE_FAILED too.
 */
export async function installService(
  machine: ServiceMachine,
  task: ServiceTask,
  { force }: { force: boolean },
): Promise<Installed> {
  const manager = must(await managerOf(machine));
  const before = await manager.state();
  const held = secretsIn(manager.secretsFile);
  const isSame = isDeepStrictEqual([before.arguments, held], [task.args, task.secrets]);
  if (before.isInstalled && !isSame && !force) {
    throw new ChatStatsError('SERVICE_DIFFERS', `a service with other options is installed (${before.file})`);
  }
  await manager.install(task);
  const replaced = !before.isInstalled ? 'nothing' : isSame ? 'the same' : 'other options';
  return { state: await manager.state(), replaced };
}

/** Stops the service and removes its file; `removed` is false when there was none. */
export async function removeService(machine: ServiceMachine): Promise<{ removed: boolean; file: string }> {
  const manager = must(await managerOf(machine));
  const { isInstalled, isRunning, file } = await manager.state();
  if (isInstalled || isRunning) await manager.remove();
  return { removed: isInstalled || isRunning, file };
}

async function managerOf(machine: ServiceMachine): Promise<Manager | null> {
  if (machine.platform === 'darwin') return machine.userId === null ? null : new Launchd(machine, machine.userId);
  if (machine.platform === 'win32') return null;
  const systemd = new Systemd(machine);
  // A file that was installed when systemd answered can be looked at, and removed, when it does not.
  return existsSync(systemd.file) || (await systemd.answers()) ? systemd : null;
}

function must(manager: Manager | null): Manager {
  if (manager !== null) return manager;
  throw new ChatStatsError('SERVICE_UNAVAILABLE', 'neither launchd nor the systemd of this user can be reached');
}
