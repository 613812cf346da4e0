#!/usr/bin/env node
import { program } from './program.js';
import { report } from './terminal/exit.js';

program()
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    process.exitCode = report(error);
  });
