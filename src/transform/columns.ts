/** Gives the SQL expression of a column of Apple's table: the column, or NULL where the generation lacks it. */
export type Columns = (column: string) => string;
