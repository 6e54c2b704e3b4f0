package gallery

import "assent/locale"

// content is what a business would have written in one language. What is shown
// to operators only stands in their languages alone.
type content struct {
	headline, text       string
	offers, offersWords  string
	orders, ordersWords  string
	status, statusWords  string
	funnel, entry, small string
	typedName            string
	yes                  string
	page, tapped, wrote  string
	number, message      string
}

// foreignTag is that of a content in whose language the interface has no words.
const foreignTag = "ca"

func of(l locale.Localizer) content { return contents[l.Tag()] }

var contents = map[string]content{
	"en": {
		headline: "Fresh bread, and a word before it sells out",
		text:     "We write to you on WhatsApp when something good comes out of the oven. You choose what.",
		offers:   "Offers and news", offersWords: "I agree that Rosa Bakery GmbH sends me offers and news on WhatsApp, at most 4 a month. I can stop at any time by replying STOP.",
		orders: "Order updates", ordersWords: "I agree that Rosa Bakery GmbH tells me on WhatsApp when my order is ready or late. I can stop at any time by replying STOP.",
		status: "Pick-up code", statusWords: "When you order, Rosa Bakery GmbH sends you the code to pick it up with.",
		funnel: "Bread page", entry: "Shop window, Berlin", small: "WhatsApp is run by Meta. Buying bread does not depend on any of this.",
		typedName: "Alex Weber", yes: "Yes",
		page: "Ticked on the page", tapped: "Tapped Yes in WhatsApp", wrote: "Wrote STOP in WhatsApp",
		number: "WhatsApp number", message: "Message",
	},
	"de": {
		headline: "Frisches Brot, und eine Nachricht, bevor es ausverkauft ist",
		text:     "Wir schreiben Ihnen über WhatsApp, wenn etwas Gutes aus dem Ofen kommt. Sie wählen, was.",
		offers:   "Angebote und Neuigkeiten", offersWords: "Ich stimme zu, dass die Rosa Bakery GmbH mir über WhatsApp Angebote und Neuigkeiten sendet, höchstens 4 im Monat. Ich kann das jederzeit beenden, indem ich STOPP antworte.",
		orders: "Nachrichten zur Bestellung", ordersWords: "Ich stimme zu, dass die Rosa Bakery GmbH mir über WhatsApp sagt, wenn meine Bestellung fertig ist oder sich verspätet. Ich kann das jederzeit beenden, indem ich STOPP antworte.",
		status: "Abholcode", statusWords: "Wenn Sie bestellen, sendet Ihnen die Rosa Bakery GmbH den Code für die Abholung.",
		funnel: "Brotseite", entry: "Schaufenster, Berlin", small: "WhatsApp wird von Meta betrieben. Ihr Einkauf hängt von nichts hiervon ab.",
		typedName: "Alex Weber", yes: "Ja",
		page: "Auf der Seite angekreuzt", tapped: "In WhatsApp auf Ja getippt", wrote: "In WhatsApp STOPP geschrieben",
		number: "WhatsApp-Nummer", message: "Nachricht",
	},
	"ar": {
		headline: "خبز طازج، ورسالة قبل أن ينفد",
		text:     "نراسلك عبر واتساب عندما يخرج شيء طيب من الفرن. أنت تختار ما يصلك.",
		offers:   "العروض والأخبار", offersWords: "أوافق على أن ترسل لي شركة مخبز روزا عروضًا وأخبارًا عبر واتساب، بحد أقصى 4 رسائل في الشهر. يمكنني إيقافها في أي وقت بإرسال STOP.",
		orders: "تحديثات الطلب", ordersWords: "أوافق على أن تخبرني شركة مخبز روزا عبر واتساب عندما يجهز طلبي أو يتأخر. يمكنني إيقافها في أي وقت بإرسال STOP.",
		status: "رمز الاستلام", statusWords: "عندما تطلب، ترسل لك شركة مخبز روزا الرمز الذي تستلم به طلبك.",
		funnel: "صفحة الخبز", entry: "واجهة المتجر في برلين", small: "تدير شركة ميتا خدمة واتساب. لا يتوقف شراء الخبز على أي مما سبق.",
		typedName: "ليلى حداد", yes: "نعم",
		page: "حُدد في الصفحة", tapped: "ضغط على «نعم» في واتساب", wrote: "كتب STOP في واتساب",
		number: "رقم واتساب", message: "الرسالة",
	},
	"fr": {
		headline: "Du pain frais, et un mot avant qu’il n’y en ait plus",
		text:     "Nous vous écrivons sur WhatsApp quand quelque chose de bon sort du four. Vous choisissez quoi.",
		offers:   "Offres et actualités", offersWords: "J’accepte que Rosa Bakery GmbH m’envoie des offres et des actualités sur WhatsApp, au plus 4 par mois. Je peux arrêter à tout moment en répondant STOP.",
		orders: "Suivi de commande", ordersWords: "J’accepte que Rosa Bakery GmbH me dise sur WhatsApp quand ma commande est prête ou en retard. Je peux arrêter à tout moment en répondant STOP.",
		status: "Code de retrait", statusWords: "Quand vous commandez, Rosa Bakery GmbH vous envoie le code pour retirer votre commande.",
		small: "WhatsApp est exploité par Meta. Vos achats ne dépendent de rien de tout cela.", typedName: "Alex Weber",
	},
	"es": {
		headline: "Pan recién hecho, y un aviso antes de que se acabe",
		text:     "Le escribimos por WhatsApp cuando sale algo bueno del horno. Usted elige qué.",
		offers:   "Ofertas y novedades", offersWords: "Acepto que Rosa Bakery GmbH me envíe ofertas y novedades por WhatsApp, como mucho 4 al mes. Puedo detenerlas en cualquier momento respondiendo STOP.",
		orders: "Estado del pedido", ordersWords: "Acepto que Rosa Bakery GmbH me avise por WhatsApp cuando mi pedido esté listo o se retrase. Puedo detenerlo en cualquier momento respondiendo STOP.",
		status: "Código de recogida", statusWords: "Cuando usted hace un pedido, Rosa Bakery GmbH le envía el código para recogerlo.",
		small: "WhatsApp lo gestiona Meta. Su compra no depende de nada de esto.", typedName: "Alex Weber",
	},
	"pt-BR": {
		headline: "Pão fresco, e um aviso antes que acabe",
		text:     "Escrevemos para você no WhatsApp quando algo bom sai do forno. Você escolhe o quê.",
		offers:   "Ofertas e novidades", offersWords: "Aceito que a Rosa Bakery GmbH me envie ofertas e novidades pelo WhatsApp, no máximo 4 por mês. Posso parar a qualquer momento respondendo STOP.",
		orders: "Andamento do pedido", ordersWords: "Aceito que a Rosa Bakery GmbH me avise pelo WhatsApp quando meu pedido estiver pronto ou atrasado. Posso parar a qualquer momento respondendo STOP.",
		status: "Código de retirada", statusWords: "Quando você faz um pedido, a Rosa Bakery GmbH envia o código para retirá-lo.",
		small: "O WhatsApp é operado pela Meta. Sua compra não depende de nada disto.", typedName: "Alex Weber",
	},
	"it": {
		headline: "Pane fresco, e un avviso prima che finisca",
		text:     "Ti scriviamo su WhatsApp quando esce qualcosa di buono dal forno. Scegli tu che cosa.",
		offers:   "Offerte e novità", offersWords: "Acconsento a che Rosa Bakery GmbH mi invii offerte e novità su WhatsApp, al massimo 4 al mese. Posso fermarle in qualsiasi momento rispondendo STOP.",
		orders: "Aggiornamenti sull’ordine", ordersWords: "Acconsento a che Rosa Bakery GmbH mi avvisi su WhatsApp quando il mio ordine è pronto o in ritardo. Posso fermarli in qualsiasi momento rispondendo STOP.",
		status: "Codice di ritiro", statusWords: "Quando ordini, Rosa Bakery GmbH ti invia il codice per il ritiro.",
		small: "WhatsApp è gestito da Meta. Il tuo acquisto non dipende da nulla di tutto questo.", typedName: "Alex Weber",
	},
	"nl": {
		headline: "Vers brood, en een bericht voordat het op is",
		text:     "We schrijven u via WhatsApp als er iets lekkers uit de oven komt. U kiest wat.",
		offers:   "Aanbiedingen en nieuws", offersWords: "Ik stem ermee in dat Rosa Bakery GmbH mij via WhatsApp aanbiedingen en nieuws stuurt, hoogstens 4 per maand. Ik kan dat op elk moment stoppen door STOP te antwoorden.",
		orders: "Berichten over de bestelling", ordersWords: "Ik stem ermee in dat Rosa Bakery GmbH mij via WhatsApp laat weten wanneer mijn bestelling klaar of vertraagd is. Ik kan dat op elk moment stoppen door STOP te antwoorden.",
		status: "Afhaalcode", statusWords: "Als u bestelt, stuurt Rosa Bakery GmbH u de code om af te halen.",
		small: "WhatsApp wordt beheerd door Meta. Uw aankoop hangt van niets hiervan af.", typedName: "Alex Weber",
	},
	"pl": {
		headline: "Świeży chleb i wiadomość, zanim się skończy",
		text:     "Piszemy do Ciebie przez WhatsApp, gdy z pieca wychodzi coś dobrego. Ty wybierasz co.",
		offers:   "Oferty i nowości", offersWords: "Wyrażam zgodę, aby Rosa Bakery GmbH wysyłała mi przez WhatsApp oferty i nowości, najwyżej 4 w miesiącu. Mogę to zatrzymać w dowolnej chwili, odpowiadając STOP.",
		orders: "Informacje o zamówieniu", ordersWords: "Wyrażam zgodę, aby Rosa Bakery GmbH informowała mnie przez WhatsApp, gdy moje zamówienie jest gotowe lub się opóźnia. Mogę to zatrzymać w dowolnej chwili, odpowiadając STOP.",
		status: "Kod odbioru", statusWords: "Gdy składasz zamówienie, Rosa Bakery GmbH wysyła Ci kod do odbioru.",
		small: "WhatsApp prowadzi Meta. Twoje zakupy nie zależą od niczego z powyższych.", typedName: "Alex Weber",
	},
	"tr": {
		headline: "Taze ekmek ve tükenmeden önce bir haber",
		text:     "Fırından güzel bir şey çıktığında size WhatsApp’tan yazarız. Ne olacağını siz seçersiniz.",
		offers:   "Fırsatlar ve haberler", offersWords: "Rosa Bakery GmbH’nin bana WhatsApp’tan ayda en çok 4 kez fırsat ve haber göndermesine izin veriyorum. STOP yanıtını vererek istediğim zaman durdurabilirim.",
		orders: "Sipariş bilgileri", ordersWords: "Rosa Bakery GmbH’nin siparişim hazır olduğunda veya geciktiğinde bana WhatsApp’tan haber vermesine izin veriyorum. STOP yanıtını vererek istediğim zaman durdurabilirim.",
		status: "Teslim kodu", statusWords: "Sipariş verdiğinizde Rosa Bakery GmbH size siparişi almanız için kodu gönderir.",
		small: "WhatsApp’ı Meta işletir. Alışverişiniz bunların hiçbirine bağlı değildir.", typedName: "Alex Weber",
	},
	"he": {
		headline: "לחם טרי, והודעה לפני שייגמר",
		text:     "נכתוב לך בוואטסאפ כשמשהו טוב יוצא מהתנור. הבחירה שלך.",
		offers:   "מבצעים וחדשות", offersWords: "אני מסכים/ה שמאפיית רוזה תשלח לי מבצעים וחדשות בוואטסאפ, לכל היותר 4 בחודש. אפשר להפסיק בכל עת בתשובה STOP.",
		orders: "עדכוני הזמנה", ordersWords: "אני מסכים/ה שמאפיית רוזה תודיע לי בוואטסאפ כשההזמנה שלי מוכנה או מתעכבת. אפשר להפסיק בכל עת בתשובה STOP.",
		status: "קוד איסוף", statusWords: "לאחר הזמנה, מאפיית רוזה שולחת לך את הקוד לאיסוף.",
		small: "את וואטסאפ מפעילה חברת מטא. הקנייה אינה תלויה בכל אלה.", typedName: "נועה לוי",
	},
	"hi": {
		headline: "ताज़ी ब्रेड, और ख़त्म होने से पहले एक संदेश",
		text:     "जब भट्ठी से कुछ अच्छा निकलता है, हम आपको WhatsApp पर लिखते हैं। क्या चाहिए, यह आप चुनते हैं।",
		offers:   "ऑफ़र और समाचार", offersWords: "मैं सहमति देता/देती हूँ कि Rosa Bakery GmbH मुझे WhatsApp पर ऑफ़र और समाचार भेजे, महीने में ज़्यादा से ज़्यादा 4। मैं STOP लिखकर इन्हें कभी भी बंद कर सकता/सकती हूँ।",
		orders: "ऑर्डर की जानकारी", ordersWords: "मैं सहमति देता/देती हूँ कि Rosa Bakery GmbH मुझे WhatsApp पर बताए कि मेरा ऑर्डर तैयार है या देर से आएगा। मैं STOP लिखकर इसे कभी भी बंद कर सकता/सकती हूँ।",
		status: "पिकअप कोड", statusWords: "जब आप ऑर्डर करते हैं, Rosa Bakery GmbH आपको उसे लेने का कोड भेजती है।",
		small: "WhatsApp को Meta चलाता है। आपकी ख़रीदारी इनमें से किसी पर निर्भर नहीं है।", typedName: "आशा वर्मा",
	},
	"bn": {
		headline: "টাটকা রুটি, আর ফুরোনোর আগে একটি বার্তা",
		text:     "চুলা থেকে ভালো কিছু বেরোলে আমরা আপনাকে WhatsApp-এ লিখি। কী চান, তা আপনি বেছে নেন।",
		offers:   "অফার ও খবর", offersWords: "আমি সম্মতি দিচ্ছি যে Rosa Bakery GmbH আমাকে WhatsApp-এ অফার ও খবর পাঠাবে, মাসে সর্বোচ্চ ৪টি। STOP লিখে আমি যেকোনো সময় এগুলো বন্ধ করতে পারি।",
		orders: "অর্ডারের খবর", ordersWords: "আমি সম্মতি দিচ্ছি যে আমার অর্ডার তৈরি হলে বা দেরি হলে Rosa Bakery GmbH আমাকে WhatsApp-এ জানাবে। STOP লিখে আমি যেকোনো সময় এটি বন্ধ করতে পারি।",
		status: "সংগ্রহের কোড", statusWords: "আপনি অর্ডার করলে Rosa Bakery GmbH আপনাকে তা নেওয়ার কোড পাঠায়।",
		small: "WhatsApp চালায় Meta। আপনার কেনাকাটা এর কোনোটির ওপর নির্ভর করে না।", typedName: "মিতা সেন",
	},
	"id": {
		headline: "Roti segar, dan kabar sebelum habis",
		text:     "Kami menulis kepada Anda di WhatsApp saat ada yang enak keluar dari oven. Anda yang memilih.",
		offers:   "Penawaran dan kabar", offersWords: "Saya setuju Rosa Bakery GmbH mengirimi saya penawaran dan kabar di WhatsApp, paling banyak 4 per bulan. Saya dapat menghentikannya kapan saja dengan membalas STOP.",
		orders: "Kabar pesanan", ordersWords: "Saya setuju Rosa Bakery GmbH memberi tahu saya di WhatsApp saat pesanan saya siap atau terlambat. Saya dapat menghentikannya kapan saja dengan membalas STOP.",
		status: "Kode pengambilan", statusWords: "Saat Anda memesan, Rosa Bakery GmbH mengirimi Anda kode untuk mengambilnya.",
		small: "WhatsApp dijalankan oleh Meta. Pembelian Anda tidak bergantung pada semua ini.", typedName: "Dewi Lestari",
	},
	"ja": {
		headline: "焼きたてのパンと、売り切れる前のお知らせ",
		text:     "おいしいパンが焼き上がったら、WhatsAppでお知らせします。内容はお選びいただけます。",
		offers:   "特典とお知らせ", offersWords: "Rosa Bakery GmbHがWhatsAppで特典とお知らせを月に4回まで送ることに同意します。STOPと返信すれば、いつでも停止できます。",
		orders: "ご注文の状況", ordersWords: "注文の準備ができたとき、または遅れるときに、Rosa Bakery GmbHがWhatsAppで知らせることに同意します。STOPと返信すれば、いつでも停止できます。",
		status: "受け取りコード", statusWords: "ご注文の際、Rosa Bakery GmbHが受け取り用のコードをお送りします。",
		small: "WhatsAppはMetaが運営しています。お買い物がこれらに左右されることはありません。", typedName: "佐藤 花",
	},
	foreignTag: {
		headline: "Pa acabat de fer, i un avís abans que s’acabi",
		text:     "Us escrivim per WhatsApp quan surt alguna cosa bona del forn. Vós trieu què.",
		offers:   "Ofertes i novetats", offersWords: "Accepto que Rosa Bakery GmbH m’enviï ofertes i novetats per WhatsApp, com a màxim 4 al mes. Puc aturar-les en qualsevol moment responent STOP.",
		status: "Codi de recollida", statusWords: "Quan feu una comanda, Rosa Bakery GmbH us envia el codi per recollir-la.",
		small: "WhatsApp el gestiona Meta. La vostra compra no depèn de res d’això.",
	},
}
