import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import type { AppParts } from './app.module.js';

/** Builds the HTTP server. Bodies are read by the controllers, each with its own limit. */
export async function httpApp(parts: AppParts): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forParts(parts), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
    // Those who follow the log keep their connections: a stop does not wait for them.
    forceCloseConnections: true,
  });
  app.use(helmet());
  app.set('query parser', 'simple');
  return app;
}
