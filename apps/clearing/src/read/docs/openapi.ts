import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AppModule } from '../../app.module.js';
import type { AppParts } from '../../app.module.js';
import type { ReadOptions } from '../options.js';
import { schemas } from '../query/schemas.js';
import { ReadModule } from '../read.module.js';

/** The OpenAPI document of the clearing app's HTTP API. Nothing is started: Nest only looks at the controllers. */
export async function openApiDocument(): Promise<OpenAPIObject> {
  // In preview mode no provider is made, so none of the parts is ever touched.
  const parts = { read: [ReadModule.forRoot({} as ReadOptions)], log: () => {} };
  const app = await NestFactory.create(AppModule.forParts(parts as unknown as AppParts), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  const config = new DocumentBuilder()
    .setTitle('Novate clearing')
    .setDescription(
      'Inputs, commands and queries of the clearing house. Amounts, prices and quantities are plain decimal ' +
        'strings with all decimals of their scale; times are RFC 3339 in UTC. Every answer says how many events of ' +
        'the journal it includes. Errors are application/problem+json, see docs/errors.md.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The API key of a role.' })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  await app.close();
  const components = { ...document.components, schemas: { ...document.components?.schemas } };
  for (const [name, schema] of Object.entries(schemas)) {
    components.schemas[name] = schema as (typeof components.schemas)[string];
  }
  return { ...document, components };
}

/** docs/openapi.json. */
export async function openApiJson(): Promise<string> {
  return `${JSON.stringify(await openApiDocument(), undefined, 2)}\n`;
}
