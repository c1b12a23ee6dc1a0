# Der Arbeitsplatz, an dem Neuigkeiten geschrieben werden.
write-title = Über { $name } schreiben
write-what = Was Sie schreiben, steht als Neuigkeit auf der Seite { $kind ->
        [campaign] der <thing>Kampagne</thing> und in ihrem Feed.
        [challenge] des <thing>Preisausschreibens</thing> und in seinem Feed.
       *[milestone] des <thing>Meilensteins</thing> und in seinem Feed.
    }
write-field-title = Titel
write-text-a-blank-line-begins = Text; eine leere Zeile beginnt einen neuen Absatz
write-effect = Wenn Sie es veröffentlichen, sehen es sofort alle, die { $kind ->
        [campaign] die Kampagne
        [challenge] das Preisausschreiben
       *[milestone] den Meilenstein
    } lesen dürfen, mit dem Namen Ihrer Organisation und nicht mit Ihrem. Danach kann es nicht mehr geändert, nur zurückgezogen werden. Kein Geld bewegt sich.
write-publish = Veröffentlichen
write-what-was-written = Was geschrieben wurde
write-nothing-yet = Noch nichts.
write-withdrawn = Geschrieben am { $day } von { $by }, zurückgezogen am { $withdrawn }: { $reason }
write-withdraw-it = Zurückziehen
write-withdrawing-takes-its-title-and = Zurückgezogen sind Titel und Text für immer von der Seite und aus dem Feed genommen; alle lesen, dass, wann und warum es zurückgezogen wurde.
write-withdraw = Zurückziehen
