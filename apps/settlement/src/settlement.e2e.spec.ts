import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { AppModule } from './app.module.js';

describe('the settlement app', () => {
  let app: INestApplication;
  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication({ logger: false });
    await app.init();
  });
  afterAll(() => app.close());

  it('is alive, ready, and says what it will do', async () => {
    const server = app.getHttpServer();
    expect((await request(server).get('/health/live')).body).toEqual({ status: 'live' });
    expect((await request(server).get('/health/ready')).body).toEqual({ status: 'ready' });
    expect((await request(server).get('/')).body).toMatchObject({ status: 'not settling yet' });
  });
});
