import { operations } from '../../server/tools/registry.ts';

/**
 * Operations that are called with anything. Left out are those that end programs, wait for ones that are not there, or
 * start further ones, and those that reach for other machines.
 */
const NOT_TRIED = /_(?:kill|restart|spawn|interrupt|kb_discover|repo_add|reachability|os_diagnose)$/;

export const triedOperations = operations.filter(({ name }) => !NOT_TRIED.test(name));
