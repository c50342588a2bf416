/** A file as a pattern that means this file alone: its name may hold letters that mean something in one. */
export const filePattern = (file: string): string => `/${file.replace(/[\\*?[\](){}!+@]/g, '\\$&')}`;
