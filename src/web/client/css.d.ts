/** Styles are put into a file of their own by the build. */
declare module '*.css';
