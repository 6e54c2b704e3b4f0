// Package phone reads telephone numbers as people write them, names the line
// that a number leads to, and keeps numbers out of logs.
//
// Three forms are kept apart and none is ever rewritten into another:
//
//	what was typed   "0170 123 45 67", "٠١٧٠…"     the caller's to keep
//	E.164            "+491701234567"                Number.E164, what is dialled
//	the line         "+525512345678"                Line, for matching only
//
// A line may have several E.164 spellings. Brazil gave its mobile numbers a
// ninth digit and WhatsApp still knows many accounts without it; Mexico's and
// Argentina's mobile numbers carry a digit after the country code in WhatsApp
// that E.164 lacks or makes optional; other countries have lengthened their
// numbers, and accounts opened before keep the short form. Line maps every
// spelling to one, Spellings lists them all. So a stop that was recorded for
// one spelling stops the others, while a message goes to the digits that the
// person gave.
//
// # Speed
//
// Parse asks the library with the world's numbering plans and takes tens of
// microseconds. ParseE164, FromWAID and Line look at the shape and the calling
// code only, and take well under one: use them for numbers in bulk.
package phone
