import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';

/** NOVATE_SETTLEMENT_HOST (127.0.0.1) and NOVATE_SETTLEMENT_PORT (8421; 0 takes any free one). */
async function main(): Promise<void> {
  const host = process.env['NOVATE_SETTLEMENT_HOST']?.trim() || '127.0.0.1';
  const given = process.env['NOVATE_SETTLEMENT_PORT']?.trim() || '8421';
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65_535) {
    throw new Error('NOVATE_SETTLEMENT_PORT is not a whole number from 0 to 65535');
  }
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  app.use(helmet());
  app.enableShutdownHooks();
  await app.listen(port, host);
  const address: unknown = app.getHttpServer().address();
  const bound = typeof address === 'object' && address && 'port' in address ? address.port : port;
  process.stdout.write(`${JSON.stringify({ ready: true, port: bound })}\n`);
}

await main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`novate settlement: ${reason.replaceAll(/\s+/g, ' ')}\n`);
  process.exit(1);
});
