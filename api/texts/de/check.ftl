# Was alle prüfen können.
check-title = Prüfen Sie uns: { $held } verwahrt, { $owed } geschuldet
check-title-nothing = Prüfen Sie uns: noch wird nichts verwahrt
check-title-no-book = Prüfen Sie uns: noch kein öffentliches Buch
check-heading = Prüfen Sie uns
check-what = Für jedes Buch, das alle lesen dürfen: was bei Verwahrern liegt und was denen geschuldet wird, für die es dort liegt. Verwahrt darf nie weniger sein als geschuldet.
check-as-of = Stand: { $day }.
check-sandbox = Dies ist ein Übungsbuch: Nichts von seinem Geld ist echt.
check-sums = Zahlungen zählen in Summen über mindestens fünf Spendende. Was verwahrt wird, steht als <em>mindestens so viel</em> da: als das, was geschuldet wird, und was darüber hinausgeht in Schritten von hundert; Gebühren, Erstattungen und Auszahlungen, die unterwegs sind, sind von beidem abgezogen.
check-picture = { $held } werden verwahrt, { $owed } werden geschuldet
check-table = Verwahrt und geschuldet in { $name }
check-unit = Währung oder Einheit
check-held = Verwahrt
check-held-at-least = Mindestens verwahrt
check-owed = Geschuldet
check-beyond = Darüber hinaus
check-less = { $unit }: Es wird weniger verwahrt als geschuldet
check-nothing-held = Noch wird nichts verwahrt.
check-too-large = Es hat mehr Konten oder Zahlungen, als für eine Seite summiert werden.
check-late =
    { $count ->
        [one] { $count } Auszahlung ist verspätet: Sie wurde am { $day } gesendet und hat die Bank nicht verlassen.
       *[other] { $count } Auszahlungen sind verspätet: Die erste wurde am { $day } gesendet und hat die Bank nicht verlassen.
    }
check-none-late = Keine Auszahlung ist verspätet.
check-none-frozen = Von keinem Verwahrer ist Geld gesperrt.
check-frozen =
    { $count ->
        [one] Das Geld von { $count } Verwahrer ist gesperrt: Nichts wird davon gezahlt, bis die Sperre aufgehoben ist.
       *[other] Das Geld von { $count } Verwahrern ist gesperrt: Nichts wird davon gezahlt, bis die Sperre aufgehoben ist.
    }
check-corrections = Was berichtigt wurde
check-no-bank = Noch hat keine Bank eines Verwahrers einen Kontoauszug gesendet.
check-banks = Was Banken über { $name } sagen
check-held-by = Verwahrt von
check-at-bank = Bei der Bank
check-in-book = Im Buch
check-unexplained = Ungeklärt
check-custodian = { $name }, Verwahrer
check-bank-day = am Ende des { $day }
check-bank-day-open =
    { $count ->
        [one] am Ende des { $day }; { $count } Zeile der Bank ist noch nicht gebucht
       *[other] am Ende des { $day }; { $count } Zeilen der Bank sind noch nicht gebucht
    }
check-nobody-knows = noch weiß niemand, warum
check-agrees = nichts: Was die Bank hat, stimmt mit dem Buch überein
check-differs = Bank und Buch weichen voneinander ab, und noch weiß niemand, warum
check-own-people = Die Zahlen selbst ändern sich mit einzelnen Zahlungen: Die Leute des Buchs sehen sie.
check-no-book = Noch ist kein Buch öffentlich.
check-all-books = Alle öffentlichen Bücher
check-yourself = Wie Sie es selbst prüfen
check-whole = Wer ein Buch ganz sehen darf, lädt es als <code>jsonl</code> herunter (<code>GET /v1/books/…/export?format=jsonl</code>), und <code>commonpurse verify DATEI</code> prüft jede Prüfsumme, jede Zahl und jeden Saldo darin, ohne diesen Dienst.
check-add-up = Alle können Konten und Buchungen öffentlicher Bücher auf deren Seiten lesen, als Seite, JSON oder CSV, und sie zusammenzählen.
check-doctor = Wer die Installation betreibt, fragt <code>commonpurse doctor</code>, was nicht in Ordnung ist.
