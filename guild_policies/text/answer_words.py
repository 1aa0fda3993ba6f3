"""The words with which people prescribe an answer's form, language by language. Data for `answer_form`.

Verbs are commands to a model (*answer*, *réponds*), never what is said of members (*answers*, *répondent*). All words
are regular expressions without groups that capture; letters are compared without case, except in `LABELS`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWords:
    """One language."""

    opening: str  #: what may precede the verb: *please*, *you must*, *always*
    verbs: str  #: commands to answer
    loose: str = r"(?!)"  #: commands that members get too (*give*, *mark*): only with what only a judge gives
    given: str = r"(?!)"  #: what only a judge gives: *the verdict*
    only: str  #: right after the verb: *answer only*
    forms: str  #: weak forms: only after a verb of this language
    nothing: str  #: *no explanation*, *without reasoning*: a sentence of its own, or after such a verb
    thinking: str  #: *do not explain*, *think step by step*: what a judge is told about its thinking
    answer: str  #: what is given: *your answer*
    must: str  #: *must be*, *has to*
    sizing: str  #: commands about the answer's size: *keep*, *write*
    short: str  #: what such a command says: *short*, *to 20 words*


#: Forms that no chat message is asked for, in any language.
STRONG_FORMS = (
    r"(?:valid )?json\b|\bxml\b|\byaml\b|\bcsv\b|\bjson[- ]?(?:object|lines?|schema)"
    r"|\[?[01]\]? ?(?:or|oder|ou|o|/|\||,|か|または|或|и|или) ?\[?[01]\]?(?![\w%])"
    r"|\b(?:true|yes|valid|safe|allowed) ?(?:/|\|| or ) ?(?:false|no|invalid|unsafe|violat\w+)\b"
    r"|\b(?:false|no|invalid|unsafe|violat\w+) ?(?:/|\|| or ) ?(?:true|yes|valid|safe|non-violat\w+)\b"
)

#: Labels as policies for models write them, in capitals.
SIDES = (
    r"(?:IN)?VALIDE?|VERSTOSS|VERSTOẞ|OK|(?:IN)?VÁLIDO|(?:UN)?SAFE|(?:NON[-_ ]?)?VIOLAT(?:ES|ING|ION)"
    r"|ALLOWED?|BLOCK(?:ED)?|FLAG(?:GED)?|SPAM|HAM|YES|NO"
    r"|TRUE|FALSE|ESCALATE|PASS|FAIL|JA|NEIN|OUI|NON|SÍ|SIM|NÃO|[01]"
    r"|(?:UN)?GÜLTIG|(?:NICHT )?ERLAUBT|VERBOTEN|(?:NON )?AUTORISÉ|INTERDIT|(?:NO |NÃO )?PERMITIDO|PROHIBIDO|PROIBIDO"
)

#: The same and codes of classes. *Classify it as SP2* is not a demand on the form: it says which of two rules counts.
LABELS = rf"{SIDES}|[A-Z]{{1,5}}-?\d{{1,2}}(?:\.\w)?"

#: Words that head a line on the answer: ``Output: INVALID``, ``Answer (0 or 1):``.
HEADERS = (
    r"(?:expected |required |final |your )?(?:output|answer|response|reply|verdict|classification|label|result)s?"
    r"|ausgabe|antwort|urteil|ergebnis|sortie|réponse|étiquette|verdict|salida|respuesta|etiqueta|veredicto"
    r"|saída|resposta|rótulo"
    r"|出力|回答|応答|判定|ラベル"
)

#: The same with a word that leaves no doubt, whatever follows.
FORMAT_HEADERS = (
    r"(?:required |expected |strict )?(?:output|answer|response|reply|label|verdict"
    r"|return)[- ](?:format|schema|form|type)s?"
    r"|format of (?:the |your )?(?:output|answer|response|reply)"
    r"|(?:ausgabe|antwort)-?format|format der (?:ausgabe|antwort)"
    r"|format (?:de (?:la )?)?(?:sortie|réponse)|formato (?:de (?:la )?)?(?:salida|respuesta)"
    r"|formato (?:da |de )?(?:saída|resposta)|(?:出力|回答|応答)(?:形式|フォーマット)"
)

#: Settings of a model's thinking: ``Reasoning: high``.
REASONING = (
    r"(?:reasoning|thinking)(?:[ _-](?:effort|level|mode|budget))?"
    r"|denkaufwand|denktiefe|raisonnement|(?:niveau|effort) de raisonnement"
    r"|razonamiento|(?:nivel|esfuerzo) de razonamiento"
    r"|raciocínio|(?:nível|esforço) de raciocínio|推論(?:レベル|強度|努力)?|思考(?:レベル|量)?"
)
LEVELS = (
    r"(?:low|medium|high|minimal|max(?:imum)?|none|off|on|disabled|enabled)\b|\d{2,6}\b"
    r"|(?:niedrig|mittel|hoch|aus|bas|moyen|élevé|haut|désactivé|bajo|medio|alto|baixo|médio|desactivado|desligado)\b"
    r"|[低中高]|なし|オフ"
)

_FORM_COUNT = (
    r"(?:exactly |only |just |at most |no more than )?(?:one|a single|two|three|four|five|ten|twenty|fifty|\d{1,3})"
)

ENGLISH = AnswerWords(
    opening=(
        r"please|always|only|just|simply|then|now|finally|never|you (?:must|should|shall|will|may|need to"
        r"|have to|are to)"
        r"(?: only| always)?|your task is to|(?:the |this )?(?:model|classifier|assistant|ai|system|judge)"
        r" (?:must|should|shall|will|is to)(?: only| always)?|it (?:must|should)"
    ),
    verbs=(r"(?:answer|respond|reply|output|return|print|emit|produce)"),
    loose=(
        r"(?:provide|give|say|write|classify|label|mark|rate|score|format|include|set|choose|state|use(?! of\b)"
        r"|begin|start|end|finish|conclude)"
    ),
    given=(
        r"\b(?:(?:your|the|a|one|only|just) (?:only |single |final |one-word |short |brief )*"
        r"(?:label|verdict|categor(?:y|ies)|confidence(?: score)?|rationale|reasoning|chain of thought|rule ids?"
        r"|category code)\b|(?:your|one|a)[ -](?:one-sentence |short |brief )?(?:explanation|justification)"
        r"(?=\s*(?:[.,;!?]|$|of your|for your|after|before))"
        r"|(?:this|the following|this|the) (?:output|answer|response|reply) (?:format|form|schema)|as follows\b)"
    ),
    only=(
        r"(?:\w+ )?(?:(?:only|solely|exclusively|nothing but|strictly|either|just)\b"
        r"(?! (?:when|if|where|to|about|for|on|questions?|after|once)\b)|exactly\b)"
    ),
    forms=(
        rf"{_FORM_COUNT}[- ](?:character|letter|word|digit|token|number|line|sentence|label|paragraph)s?"
        r"|(?:a|an|the|one) (?:single )?(?:number|digit|integer|boolean|score|label|verdict|category|code|rule id"
        r"|(?:policy )?category|classification|result|decision|class name|rule numbers?)\b"
        r"|(?:the |your )?(?:label|verdict|category|score|confidence)s? (?:only|alone|first)|no punctuation|plain text"
        r"|(?:your |the )?(?:confidence|rationale|reasoning|chain of thought)\b"
        r"|(?:the )?following (?:format|form|json|structure)"
        r"|(?:this|the same|the following) (?:(?:output|answer|response|reply) )?(?:format|form|structure"
        r"|schema)|as follows|code block|bullet points|upper ?case|lower ?case"
        r"|(?:schema|format|structure|template)\b|null\b|(?:concisely|briefly|succinctly)\b"
        r"|a (?:short |brief |one-sentence )?(?:explanation|justification)"
    ),
    nothing=(
        r"nothing (?:else|more)|no (?:other|additional|further|extra) (?:text|words|output|characters)"
        r"|(?:no|without|skip|omit|avoid|leave out)(?: the| any| your| further| additional| extra| other)*"
        r" (?:reasoning|rationale|explanations?|chain of thought|commentary|preamble|punctuation|thinking"
        r"|justification|prose|analysis|disclaimers?)"
    ),
    thinking=(
        r"(?:do not|don't|never) (?:explain|justify|reason|think|elaborate|(?:add|include|give|show|write"
        r"|output|provide|return)"
        r"(?: any| your| an?| further| additional)* (?:reasoning|rationale|explanations?|thoughts?|text"
        r"|words?|comments?"
        r"|commentary|punctuation|preamble|chain of thought)|(?:output|return|print|respond|reply|answer)(?: with)?"
        r" anything(?: else| other)?)"
        r"|(?:first )?think,? then (?:answer|respond|decide)|(?:briefly )?(?:explain|justify)(?: briefly)?(?: why)?"
        r"|think (?:it )?(?:step by step|carefully|out loud|hard|through)|(?:explain|show"
        r"|describe) your (?:reasoning|thinking|work|answer)"
        r"|let's think step by step"
    ),
    answer=(
        r"(?:your |the )(?:final )?(?:output|response)s?|your (?:final )?(?:answer|reply|verdict"
        r"|explanation|rationale|decision)s?"
        r"|answers?"
    ),
    must=(r"(?:must|should|shall|has to|have to|needs? to|is to|are to|can|may|will)\b"),
    sizing=r"(?:keep|limit|restrict|cap|write|use|put|wrap|make|format|give|state)",
    short=(
        r"(?:be |stay )?(?:short|brief|concise|terse|under \d+|below \d+|(?:to|within|in) (?:at most )?\d+"
        r"|one sentence)\b"
    ),
)

GERMAN = AnswerWords(
    opening=r"bitte|immer|nur|stets|dann|du (?:musst|sollst)|sie (?:müssen|sollen)|das modell (?:muss|soll)",
    verbs=(
        r"(?:antworte|antworten sie|gib|gebe|geben sie|schreib|schreibe|schreiben sie|liefere|liefern sie|erwidere"
        r"|klassifiziere|klassifizieren sie|bewerte|verwende|verwenden sie|nutze|beginne|beende)"
    ),
    only=r"(?:\w+ )?(?:nur|ausschließlich|lediglich|genau|entweder)\b(?! (?:wenn|falls|auf)\b)",
    forms=(
        r"(?:genau |nur )?(?:ein(?:e[mnrs]?)?|1|zwei|\d{1,3})(?: einzige[nmrs]?| einzelne[nmrs]?)?"
        r" (?:zeichen|wort|wörtern?|buchstaben?|ziffer|zahl|satz|sätzen|zeile)"
        r"|(?:dem|das|den|die|der)?(?: folgenden?)? ?(?:label|format|urteil|kategorie|konfidenz|form)\b|ja oder nein"
        r"|eine (?:kurze )?(?:begründung|erklärung)"
    ),
    nothing=(
        r"(?:keine?|ohne)(?: weiteren?| jede| zusätzlichen?)? (?:begründung(?:en)?|erklärung(?:en)?|erläuterung(?:en)?"
        r"|gedankengänge?|satzzeichen|zusätze)"
    ),
    thinking=(
        r"(?:begründe|erkläre|erläutere|begründen sie|erklären sie)(?: \w+){0,3} nicht"
        r"|(?:begründe|erkläre|erläutere|begründen sie|erklären sie)(?: kurz)? (?:deine?|ihre?)\b"
        r"|denke? (?:\w+ )?(?:schritt für schritt|gründlich)"
    ),
    answer=r"(?:deine?|ihre|die) (?:antwort|ausgabe|begründung)",
    must=r"(?:muss|soll|darf|ist|hat)\b",
    sizing=r"(?:halte|halten sie|begrenze|schreibe?|formuliere|gib)",
    short=r"(?:kurz|knapp|höchstens \d+|maximal \d+|auf \d+)\b",
)

FRENCH = AnswerWords(
    opening=r"toujours|seulement|uniquement|merci de|veuillez|tu dois|vous devez|le modèle doit|puis|ensuite",
    verbs=(
        r"(?:réponds|répondez|répondre|renvoie|renvoyez|renvoyer|retourne|retournez|retourner|donne|donnez"
        r"|donner|écris|écrivez"
        r"|affiche|affichez|produis|produisez|classe|classez|utilise|utilisez|indique|indiquez|commence"
        r"|commencez|termine)"
    ),
    only=r"(?:\w+ )?(?:seulement|uniquement|exclusivement|juste|exactement|soit)\b(?! (?:si|quand|aux?)\b)",
    forms=(
        r"(?:exactement |juste )?(?:une?|1|deux|\d{1,3})(?: seule?s?| unique)?"
        r" (?:caractère|mot|lettre|chiffre|nombre|phrase|ligne|étiquette)s?"
        r"|(?:le|la|l'|ce|du)(?: seule?| même)? ?(?:étiquette|format|verdict|catégorie|score)\b|oui ou non"
        r"|une (?:brève |courte )?(?:explication|justification)"
    ),
    nothing=(
        r"(?:aucune?|sans|pas d[e'])(?: autre| aucune?)? ?(?:explications?|justifications?|raisonnement"
        r"|commentaires?|ponctuation)"
    ),
    thinking=(
        r"ne (?:donne|donnez|fournis|fournissez|mets|mettez|ajoute|ajoutez|écris|écrivez) (?:pas"
        r"|aucune?)(?: d[e']| une?)? ?"
        r"(?:explications?|justifications?|raisonnement|commentaires?|texte)"
        r"|(?:n'(?:explique|expliquez|ajoute|ajoutez)|ne (?:justifie|justifiez|raisonne"
        r"|raisonnez))(?: \w+)? (?:pas|rien)"
        r"|(?:réfléchis|réfléchissez|raisonne|raisonnez) (?:étape par étape|pas à pas)"
        r"|(?:explique|expliquez|justifie|justifiez) (?:ton|ta|votre)\b"
    ),
    answer=r"(?:ta|votre|la) (?:réponse|sortie|justification)",
    must=r"(?:doit|devra|est|sera)\b",
    sizing=r"(?:garde|gardez|limite|limitez|écris|écrivez|rédige|rédigez|donne|donnez)",
    short=r"(?:courte?|brève|concise?|(?:en moins de|au plus|à) \d+)\b",
)

SPANISH = AnswerWords(
    opening=r"por favor|siempre|solo|sólo|solamente|únicamente|debes|debe|tienes que|el modelo debe|luego|después",
    verbs=(
        r"(?:responde|responda|responder|contesta|conteste|contestar|devuelve|devuelva|devolver|escribe"
        r"|escriba|da|dé|muestra"
        r"|genera|genere|emite|emita|clasifica|clasifique|usa|use(?! of\b)|utiliza|utilice|indica|indique"
        r"|empieza|termina)"
    ),
    only=r"(?:\w+ )?(?:solo|sólo|solamente|únicamente|exclusivamente|exactamente)\b(?! (?:si|cuando|a)\b)",
    forms=(
        r"(?:exactamente |solo |sólo )?(?:una?|1|dos|\d{1,3})(?: sol[oa]| únic[oa])?"
        r" (?:carácter|caracter|palabra|letra|dígito|número|frase|línea|etiqueta)s?"
        r"|(?:el|la|este|en)(?: siguiente| mismo)? ?(?:etiqueta|formato|veredicto|categoría|puntuación)\b|sí o no"
        r"|una (?:breve |corta )?(?:explicación|justificación)"
    ),
    nothing=(
        r"(?:sin|ninguna|nada de)(?: más| ninguna?)? (?:explicación|explicaciones|justificación"
        r"|razonamiento|comentarios?|puntuación)"
    ),
    thinking=(
        r"no (?:des|dé|añadas|añada|incluyas|incluya|escribas|escriba)(?: ningun[oa]| una?)?"
        r" (?:explicación|explicaciones|justificación|razonamiento|comentarios?|texto)"
        r"|no (?:expliques|explique|justifiques|justifique|razones)"
        r"|(?:piensa|piense|razona|razone) paso a paso|(?:explica|explique|justifica|justifique) (?:tu|su)\b"
    ),
    answer=r"(?:tu|su|la) (?:respuesta|salida|justificación)",
    must=r"(?:debe|deberá|tiene que|es|será)\b",
    sizing=r"(?:mantén|mantenga|limita|limite|escribe|escriba|da|dé)",
    short=r"(?:breve|corta|concisa|(?:en menos de|a|máximo) \d+)\b",
)

PORTUGUESE = AnswerWords(
    opening=r"por favor|sempre|apenas|somente|só|você deve|deve|o modelo deve|depois|então",
    verbs=(
        r"(?:responda|responde|responder|retorne|retorna|retornar|devolva|devolve|escreva|escreve|dê|mostre"
        r"|gere|emita|produza"
        r"|classifique|classifica|use(?! of\b)|utilize|indique|informe|comece|termine)"
    ),
    only=r"(?:\w+ )?(?:apenas|somente|só|unicamente|exclusivamente|exatamente)\b(?! (?:se|quando|a)\b)",
    forms=(
        r"(?:exatamente |apenas |só )?(?:uma?|1|duas|dois|\d{1,3})(?: únic[oa]| só)?"
        r" (?:caractere|caracter|palavra|letra|dígito|número|frase|linha|rótulo)s?"
        r"|(?:o|a|este|no)(?: seguinte| mesmo)? ?(?:rótulo|formato|veredito|categoria|pontuação)\b|sim ou não"
        r"|uma (?:breve |curta )?(?:explicação|justificativa)"
    ),
    nothing=(
        r"(?:sem|nenhuma|nada de)(?: mais| nenhuma?)? (?:explicação|explicações|justificativas?|raciocínio"
        r"|comentários?|pontuação)"
    ),
    thinking=(
        r"não (?:dê|adicione|inclua|escreva|forneça)(?: nenhuma?| uma?)?"
        r" (?:explicação|explicações|justificativas?|raciocínio|comentários?|texto)"
        r"|não (?:explique|justifique|raciocine)"
        r"|(?:pense|raciocine) passo a passo|(?:explique|justifique) (?:sua|a sua|tua)\b"
    ),
    answer=r"(?:sua|a sua|tua|a) (?:resposta|saída|justificativa)",
    must=r"(?:deve|deverá|tem que|é|será)\b",
    sizing=r"(?:mantenha|limite|escreva|dê)",
    short=r"(?:breve|curta|concisa|(?:em menos de|a|no máximo) \d+)\b",
)

LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, PORTUGUESE)

#: Japanese puts the verb last and no spaces between words, so it has an expression of its own.
JAPANESE = (
    r"(?:JSON|XML|[1１一][文単]?[文字語]+|単語|数字|ラベル|はい[・かと、/]?(?:、)?いいえ"
    r"|[0０][かまたは・/]{1,3}[1１]|形式|書式|一文|一言|箇条書き)"
    r"[^。\n]{0,16}?(?:答え|回答し|出力し|返し|応答し|返答し|記述し)(?:てください|て下さい|なさい"
    r"|て(?=[。\s]|$)|ろ(?=[。\s]|$))"
    r"|(?:JSON|XML|[1１一][文単]?[文字語]+|ラベル|形式)[^。\n]{0,16}?(?:回答|出力|返答|応答|返す|答える"
    r"|出力する|回答する)(?:すること|こと)(?=[。\s]|$)"
    r"|(?:ラベル|判定(?:結果)?|分類(?:結果)?|数字|カテゴリー?|コード)(?:のみ|だけ)を?(?:出力|回答|返答|応答)する(?=[。\s]|$)"
    r"|[」』](?:のみ|だけ)?で(?:のみ|だけ)?(?:答え|回答し|出力し)(?:てください|て下さい|なさい|て(?=[。\s]|$))"
    r"|(?:説明|理由|推論|根拠)(?:を|も)?(?:一切)?(?:述べず|書かず|付けず|つけず|なし)に?(?:答え|回答し|出力し|返し)"
    r"(?:てください|て下さい|なさい|て(?=[。\s]|$))"
    r"|[01０１](?:のみ|だけ)?を(?:返|出力し|回答し|答え)(?:し?て|す)(?:ください|下さい|こと)?"
    r"|(?:回答|出力|返答|応答)は(?:JSON|XML|[1１一][文単]?[文字語]+|ラベル|数字)[^。\n]{0,6}?(?:のみ|だけ|で|と)"
    r"|(?:説明|理由|推論|解説|根拠|考察)(?:は|を|も)?(?:一切)?(?:不要|省略|書かない|書くな|出力しない"
    r"|付けない|つけない|含めない|述べない|なし)"
    r"(?:で|と|し)?(?:ください|てください|こと|す(?:る)?|です)?(?=[。、\s]|でください|$)"
    r"|(?:ステップバイステップ|段階的|順を追って)(?:で|に)?考え(?:て|なさい|よ)"
)

#: What only a judge gives, behind *answer only*: members are told to answer only in English, or only when asked.
GIVEN_ONLY = (
    r"labels?|verdicts?|classifications?|categor(?:y|ies)|rule ids?|tokens?|the following"
    r"|urteil|kategorie|folgende\w*|étiquettes?|catégories?|etiquetas?|veredictos?|categorías?|rótulos?|veredito"
    r"|categorias?"
)

#: Command, the word that limits it, and a form, for languages without more data here.
OTHER_COMMANDS = (
    (
        r"rispondi|rispondete|rispondere|restituisci|fornisci|scrivi",
        r"solo|soltanto|esclusivamente",
        r"json|parola|carattere|etichetta|cifra|numero|sì o no|[01]",
    ),
    (
        r"antwoord|geef|retourneer|schrijf",
        r"alleen|enkel|uitsluitend",
        r"json|woord|teken|label|cijfer|getal|ja of nee|[01]",
    ),
    (
        r"odpowiedz|odpowiadaj|zwróć|podaj|napisz",
        r"tylko|wyłącznie",
        r"json|słowem|słowo|znak|znakiem|etykiet\w+|cyfr\w+|liczb\w+|tak lub nie|[01]",
    ),
    (
        r"отвечай(?:те)?|ответь(?:те)?|верни(?:те)?|выведи(?:те)?|напиши(?:те)?",
        r"только|исключительно",
        r"json|словом|слово|символ\w*|метк\w+|цифр\w+|число\w*|да или нет|[01]",
    ),
    (
        r"sadece|yalnızca",
        r"[01]|json|kelime|karakter|etiket\w*|evet veya hayır",
        r"cevap ver(?:in)?|yanıtla(?:yın)?|yanıt ver(?:in)?|döndür(?:ün)?",
    ),
    (r"svara|svar|returnera|returner", r"endast|bara|kun", r"json|ord|tecken|tegn|etikett\w*|ja eller nej|[01]"),
)

#: *No explanation* in the same languages.
OTHER_REFUSALS = (
    r"(?:nessuna|senza) spiegazion[ei]|geen uitleg|zonder uitleg|bez wyjaśnień|(?:без"
    r"|никаких) объяснени[йя]|açıklama yapma(?:yın)?"
    r"|ingen förklaring|ingen forklaring"
)

_CHINESE_FORMS = r"[0-9０１]|JSON|XML|[一1]?[个個][字词詞母]|[标標][签籤]|[数數]字|[类類][别別]|是[或/]否|[结結]果"

#: The same in languages without spaces between words, or with endings instead of words of their own.
UNSPACED = (
    rf"(?:只|仅|僅)(?:需|要|能|可)?(?:用[^。，\n]{{0,4}}?(?:{_CHINESE_FORMS})[^。，\n]{{0,6}}?(?:回答|返回|输出|輸出|回复|回覆)"
    rf"|(?:回答|返回|输出|輸出|回复|回覆)[^。，\n]{{0,4}}?(?:{_CHINESE_FORMS}))|(?:不要|无需"
    r"|無需|不需要|不必)(?:任何|给出|提供|輸出|输出)?(?:解释|解釋|说明|說明|理由|推理)"
    r"|(?:输出|輸出|回答|回复)格式[:：]|(?:JSON|한 (?:글자|단어)|0 또는 1"
    r"|예 또는 아니오)[^.\n]{0,6}(?:로|으로)만? ?(?:답하|답변하|출력하|반환하)(?:세요|십시오|시오|라)"
    r"|설명(?:은|을)? ?(?:하지 마|없이 답|불필요|생략)"
)

#: Words without which no sentence is about the answer, lower case: looked for first, because most lines have none.
ANSWERS = (
    *("classifier", "model", "assistant", "system", "judge"),
    *("answer", "output", "response", "verdict", "your ", " only", "antwort", "ausgabe", "begründung", "réponse"),
    *("sortie", "justification", "respuesta", "salida", "justificación", "resposta", "saída", "justificativa"),
)
