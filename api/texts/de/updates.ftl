# Neuigkeiten: was Träger und Teams über ihre Arbeit schreiben.
updates-title = Neuigkeiten über { $name }
updates-what = Was über { $kind ->
        [campaign] die <thing>Kampagne</thing>
        [challenge] das <thing>Preisausschreiben</thing>
       *[milestone] den <thing>Meilenstein</thing>
    } geschrieben wird, das Neueste zuerst. Stand: { $day }. Was einmal dasteht, wird nie geändert; es kann zurückgezogen werden, und das steht dann hier.
updates-none = Noch wurde nichts geschrieben.
updates-all = Das Neueste zuerst
updates-older = Ältere
updates-heading = Neuigkeiten
updates-follow = <feed>Als Feed abonnieren</feed>.
updates-follow-all = <all>Alle Neuigkeiten</all>; <feed>als Feed abonnieren</feed>.
updates-write = <desk>Selbst etwas schreiben</desk>.
updates-twins = Für Programme: diese Seite als <json>JSON</json> oder <csv>CSV</csv>.
updates-withdrawn = Zurückgezogen
updates-withdrawn-why = Geschrieben am { $day } von { $by }. Am { $withdrawn } zurückgezogen: { $reason }
updates-withdrawn-milestone = Geschrieben am { $day } von { $by } über einen <milestone>Meilenstein</milestone>. Am { $withdrawn } zurückgezogen: { $reason }
updates-by = { $day }, { $by }
updates-by-milestone = { $day }, { $by }, über einen <milestone>Meilenstein</milestone>
