import { ValidationPipe } from '@nestjs/common';
import { invalidQuery } from './page.js';

/** Reads query parameters into their classes; unknown names are refused, not ignored. */
export const queryPipe = () =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: ([error]) => {
      const field = error?.property ?? 'query';
      const detail = Object.values(error?.constraints ?? {})[0] ?? 'The query is not valid.';
      return invalidQuery(field, detail, 'See the parameters in docs/openapi.json.');
    },
  });
