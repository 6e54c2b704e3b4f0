// Package wire knows the bytes that pass between WhatsApp's Cloud API and a
// business: the bodies of webhooks, their signature, the bodies of sends and
// their answers, and what each error code asks for. It does no I/O.
//
// # Webhooks
//
// A POST carries up to 3 MB and up to a thousand updates:
//
//	{ object, entry: [ { id: <WABA>, time?, changes: [ { field, value: {
//	    messaging_product, metadata: { display_phone_number, phone_number_id },
//	    contacts?: [ … ], messages?: [ … ], statuses?: [ … ], errors?: [ … ],
//	    user_preferences?: [ … ] } } ] } ] }
//
// Parse makes a flat list of it: one Element for each member of each of those
// arrays, and one for each change of another field. An element carries its
// Slice, the exact bytes as they were signed, because it may become evidence.
// One bad element is an element of kind Malformed and leaves its neighbours
// alone: a body that is refused comes again for days, and takes up to a
// thousand other people's messages with it.
//
// What Meta adds later is no error. Unknown members of an element are in its
// slice; unknown types, arrays and fields become elements of their own.
//
// Names and numbers are as in Meta's reference of 2026 ("WhatsApp Business
// Platform", webhooks of the `messages` and `user_preferences` fields).
package wire
