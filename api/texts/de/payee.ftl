# Jemand bestätigt ein eigenes Bankkonto durch den Link einer E-Mail.
payee-is-yours = Ist das Ihr Bankkonto?
payee-ends-in = Endet auf
payee-country = Land
payee-currency = Für Auszahlungen in
payee-confirmed-already = Es ist schon bestätigt.
payee-when = Auszahlungen gehen drei Tage nach Ihrer Bestätigung dorthin. Bis dahin gehen sie dorthin, wohin sie gingen.
payee-mine = Es ist meines
payee-not-mine = Sie wissen nichts davon? Schließen Sie diese Seite: Ohne Sie ändert sich nichts. Sagen Sie es dann denen, die Sie bezahlen, denn jemand hat Ihre Sitzung benutzt.
payee-confirmed = Ihr Bankkonto ist bestätigt
payee-from = Auszahlungen gehen vom { $day } an auf das Konto, das auf { $digits } endet. Eine E-Mail sagt es auch.
payee-already = Auszahlungen gehen schon auf das Konto, das auf { $digits } endet. Eine E-Mail sagt es auch.
payee-reject = Bis dahin können Sie es ablehnen.
