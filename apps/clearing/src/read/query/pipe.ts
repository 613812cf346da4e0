import { ValidationPipe } from '@nestjs/common';
import type { PipeTransform } from '@nestjs/common';
import { ID } from './dto.js';
import { invalidQuery, notFound } from './page.js';

/** An id in a path: what cannot be one names nothing, and is not asked of the database. */
export const pathId: PipeTransform<string, string> = {
  transform(id) {
    if (ID.test(id)) return id;
    throw notFound('id', 'What the path names is not an id.');
  },
};

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
