// Package table reads and writes tables as streams: CSV (RFC 4180) and JSON
// Lines, one row at a time, in constant memory.
//
// # Cells that a spreadsheet would run
//
// A spreadsheet runs a CSV cell as a formula if it begins with =, +, -, @, a tab
// or a carriage return. The writer puts an apostrophe before such a cell, which
// spreadsheets take for "this is text" and other programs for a character. The
// reader takes it away again, so that what was written comes back.
//
// A telephone number in E.164 begins with + and is the one exception: + with 1
// to 15 digits and nothing else is written as it is. A spreadsheet makes of it
// at worst the same digits without the plus; a program that reads the file gets
// the number that it expects. A cell that begins with an apostrophe and such a
// character is written with one more apostrophe.
//
// Line breaks within a cell are written as CRLF and read as LF.
//
// JSON Lines are UTF-8 objects, one a line, whose members come in the order of
// the columns; cells are strings, and empty ones are left out.
package table
