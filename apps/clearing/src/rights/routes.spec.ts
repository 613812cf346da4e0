import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import type { DynamicModule, Type } from '@nestjs/common';
import { memoryJournal } from '#events';
import { AppModule } from '../app.module.js';
import type { AppParts } from '../app.module.js';
import { ReadModule } from '../read/index.js';
import { ROLES } from './roles.js';

type Class = Type<unknown>;

/** Every controller a module brings, its imports' included. */
function controllersOf(module: DynamicModule | Class): Class[] {
  const dynamic = 'module' in module ? module : undefined;
  const type = dynamic?.module ?? (module as Class);
  const stated = (key: string) =>
    (Reflect.getMetadata(key, type) ?? []) as (DynamicModule | Class)[];
  const imports = [
    ...((dynamic?.imports ?? []) as (DynamicModule | Class)[]),
    ...stated('imports'),
  ];
  const own = [
    ...((dynamic?.controllers ?? []) as Class[]),
    ...(stated(MODULE_METADATA.CONTROLLERS) as Class[]),
  ];
  return [...own, ...imports.flatMap(controllersOf)];
}

function routesOf(controller: Class): { route: string; roles: unknown }[] {
  const { prototype } = controller as { prototype: Record<string, unknown> };
  const base = Reflect.getMetadata(PATH_METADATA, controller) as string;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
    if (typeof handler !== 'function') return [];
    if (Reflect.getMetadata(METHOD_METADATA, handler) === undefined) return [];
    const path = Reflect.getMetadata(PATH_METADATA, handler) as string;
    const roles: unknown =
      Reflect.getMetadata(ROLES, handler) ?? Reflect.getMetadata(ROLES, controller);
    return [{ route: `${base}/${path}`.replaceAll(/\/+/g, '/'), roles }];
  });
}

describe('rights', () => {
  // Only the module's description is read: nothing is built or connected.
  const parts = {} as Partial<AppParts> as AppParts;
  const read = [
    ReadModule.forRoot({ databaseUrl: 'postgres://nowhere', journal: memoryJournal() }),
  ];
  const routes = controllersOf(AppModule.forParts({ ...parts, read })).flatMap(routesOf);

  it('finds the routes', () => {
    const found = routes.map(({ route }) => route);
    expect(found).toEqual(expect.arrayContaining(['v1/inputs/:topic', 'v1/commands/:kind']));
    expect(found.length).toBeGreaterThan(10);
  });

  it.each(routes.map((route) => [route.route, route.roles] as const))(
    '%s states its role',
    (_, roles) => {
      expect(Array.isArray(roles) && roles.length > 0).toBe(true);
    },
  );

  it('leaves only the probes open', () => {
    const open = routes.filter(({ roles }) => (roles as string[]).includes('public'));
    expect(open.map(({ route }) => route).toSorted()).toEqual(['/health/live', '/health/ready']);
  });
});
