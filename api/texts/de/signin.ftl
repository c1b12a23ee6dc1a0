# Anmelden und registrieren.
signin-sign-in = Anmelden
signin-we-mail-you-a-link = Wir schicken Ihnen einen Link. Es gibt kein Passwort.
signin-your-e-mail-address = Ihre E-Mail-Adresse
signin-mail-me-a-link = Link schicken
signin-new-here-sign-up = Neu hier? <signup>Registrieren</signup>.
signin-you-are-here-already-then = Sie sind schon hier? Dann meldet derselbe Link Sie an. <signin>Anmelden</signin>
signin-sign-up = Registrieren
signin-we-mail-you-a-link-2 = Wir schicken Ihnen einen Link. Wer ihn öffnet, hat hier von da an diese Adresse; es gibt kein Passwort. Das Registrieren kostet nichts und gibt keine Rolle: Sie fragen ein Team oder eine Genossenschaft, ob Sie dazukommen dürfen, oder gründen ein eigenes Team.
signin-the-link-of-your-mail = Der Link aus Ihrer E-Mail hat Sie hierher gebracht. Er meldet diesen Browser an, einmal.
signin-you-did-not-ask-for = Sie haben nicht darum gebeten? Schließen Sie diese Seite: Es geschieht nichts.
signin-look-at-your-mail = Sehen Sie in Ihre E-Mails
signin-if-somebody-here-has-this = Wenn hier jemand diese Adresse hat oder sich mit ihr registrieren will, ist eine E-Mail unterwegs. Öffnen Sie den Link darin, auf irgendeinem Gerät, oder geben Sie hier den Code ein. Beides geht 15 Minuten lang.
signin-the-code-in-the-mail = Der Code in der E-Mail
signin-no-mail-look-among-the = Keine E-Mail? Sehen Sie unter den unerwünschten nach, dann <again>fordern Sie noch eine an</again>, mit der Adresse, an die Ihre Einladung ging.
signin-this-code-does-not-work = Dieser Code gilt nicht mehr
signin-it-is-older-than-15 = Er ist älter als 15 Minuten, es wurden zu viele andere eingegeben, oder er wurde in einem anderen Browser angefordert. Vielleicht gilt auch sein Link nicht mehr.
signin-ask-for-a-new-one = Einen neuen anfordern
signin-no-address = Das ist keine E-Mail-Adresse. Sie hat einen Namen, ein @ und den Ort, an den die E-Mail geht.
signin-wrong-code = Das ist nicht der Code in der neuesten E-Mail. { $left ->
        [one] Sie haben noch einen Versuch.
       *[other] Sie haben noch { $left } Versuche.
    }
signin-only-invited = Hier kommen nur Eingeladene herein
signin-only-invited-how = Hier registriert sich niemand ohne Einladung. Bitten Sie die Eigentümer Ihres Teams oder Ihrer Organisation, Ihre Adresse einzuladen; die E-Mail, die Sie dann bekommen, hat einen Link.
signin-only-invited-already = Sie wurden eingeladen oder sind schon hier?
