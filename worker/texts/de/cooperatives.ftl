# Abrechnungen von Mitgliedern.
cooperatives-statement = Ihre Abrechnung
cooperatives-statement-of = { $name }, Ihre Abrechnung
cooperatives-statement-subject = Abrechnung: { $share } von { $cooperative }, { $period }
cooperatives-statement-what = Das ist Ihr Anteil an der Verteilung von { $cooperative }.
cooperatives-statement-number = Nr. { $number }, { $group }
cooperatives-statement-version = Fassung { $version }
cooperatives-statement-consents = Sie haben zugestimmt, dass ein Teil als Ihr Kapital einbehalten werden darf
cooperatives-statement-consents-not = Sie haben einbehaltenen Teilen nicht zugestimmt
cooperatives-statement-shown = Die Buchführung der Genossenschaft und die Schnittstelle des Dienstes zeigen sie unter ihrer Nummer wieder.
cooperatives-basis-equal = gleiche Anteile
cooperatives-basis-hours = { $hours } bestätigte Stunden
cooperatives-basis-indexed = { $basis }, nach ihrem Index: { $indexed }
cooperatives-basis-index = { $hours } × { $index }
cooperatives-basis-and = { $first } + { $second }
cooperatives-basis-units = { $units } bestätigte Stück
cooperatives-basis-points = { $points } bestätigte Punkte
cooperatives-basis-capital = Kapital von { $capital }
