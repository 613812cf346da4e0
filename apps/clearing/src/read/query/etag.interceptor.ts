import { Injectable } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map } from 'rxjs';
import type { Observable } from 'rxjs';
import type { AsOf } from './database.js';
import { PERSONAL } from './personal-views.js';

/**
 * The journal's chain hash is the version of every answer: the same caller asking the same question at the same hash gets the same
 * bytes, so `If-None-Match` is answered with 304.
 */
@Injectable()
export class EtagInterceptor implements NestInterceptor<AsOf, AsOf> {
  intercept(context: ExecutionContext, next: CallHandler<AsOf>): Observable<AsOf> {
    const response = context.switchToHttp().getResponse<Response>();
    // A key may be destroyed between two answers at the same hash, and no copy may outlive it.
    if (Reflect.getMetadata(PERSONAL, context.getHandler()) === true) {
      response.set('vary', 'authorization').set('cache-control', 'no-store');
      return next.handle();
    }
    return next.handle().pipe(
      map((answer) => {
        response.set('vary', 'authorization').set('cache-control', 'private, no-cache');
        response.set('etag', `W/"${answer.chainHash.slice(0, 32)}"`);
        return answer;
      }),
    );
  }
}
