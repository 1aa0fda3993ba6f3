"""Demands on the form of the answer: what is one in each language, and what only looks like one."""

from __future__ import annotations

import pytest

from guild_policies.text.answer_form import demand_in, without_demands

#: Phrases as guides, policies for models and admins write them.
DEMANDS = """
Return exactly one character
Output: VALID or INVALID
No explanation.
Reasoning: high
Respond with only 0 or 1.
Return exactly `0` or `1`, with no punctuation.
Answer (0 or 1):
**Output:** INVALID + ESCALATE
Output format: one label per line
## Output format
Reply in JSON.
Please answer only with the label.
You must respond with a single word.
Only return the JSON object; no explanations.
Your answer must be valid JSON.
The output should be a number between 0 and 1, 0 or 1.
Do not explain your decision.
Think step by step before you answer.
Explain your reasoning in two sentences.
Classify the content as VALID or INVALID.
Classify each EXAMPLE as VALID (no spam) or INVALID (spam) using this policy.
Apply the policy, then return one digit.
Keep it short: answer in one word.
Label: 1
Respond as follows: VIOLATES
reasoning_effort = low
{"violation": 0, "policy_category": null}
```json
Just the label, no explanation.
Give your confidence from 0 to 100.
No reasoning, just the label.
Start your reply with the verdict.
The classifier must output either 0 or 1.
Do not add any commentary.
Provide a one-sentence explanation.
Your response must not contain any punctuation other than one word.
Format the response as YAML.
Antworte nur mit einer Zahl.
Antworten Sie mit genau einem Zeichen.
Gib ausschließlich 0 oder 1 aus.
Keine Begründung.
Ausgabe: VALID oder INVALID
Antworte ohne Erklärung.
Deine Antwort muss gültiges JSON sein.
Denke Schritt für Schritt.
Bitte antworte mit Ja oder Nein.
Réponds par un seul caractère.
Répondez uniquement par oui ou non.
Aucune explication.
Sortie : VALID ou INVALID
Renvoie un objet JSON.
Votre réponse doit être un seul mot.
Raisonnement : élevé
Responde solo con un carácter.
Devuelve JSON sin explicación.
Sin explicaciones.
Salida: VALID o INVALID
Tu respuesta debe ser una sola palabra.
Piensa paso a paso.
Responda apenas com 0 ou 1.
Retorne exatamente um caractere.
Sem explicações.
Saída: VALID ou INVALID
Sua resposta deve ser JSON.
1文字だけで答えてください。
JSON形式で出力してください。
説明は不要です。
出力: VALID
推論: 高
はいかいいえで回答してください。
Output a single token.
Reply with exactly one word: safe or unsafe.
Answer: 1
Verdict: VIOLATES
Response: {"violation": 1}
Respond only with the category code.
Never explain.
Answer in at most ten words.
Your output must be in XML format.
- Output exactly one label.
1. Read the message. 2. Return the label only.
Reasoning effort: low
Always answer yes or no.
Answer yes or no only.
If it violates the policy, output 1; otherwise output 0.
If the content breaks a rule, return INVALID.
Write your answer as JSON.
Respond in the following format:
Return the result as a JSON list.
Only output the number.
Do not include any text besides the label.
Skip the explanation.
No preamble, no commentary.
Use this output format: LABEL - reason
Limit your answer to 20 words.
Keep your answer under 50 words.
Be concise in your response.
Reply VALID or INVALID.
Set reasoning to high.
Give only the label.
Wenn der Text gegen die Regel verstößt, antworte mit 1, sonst mit 0.
Schreibe nur das Label, keine Begründung.
Halte deine Antwort kurz.
Antwort: 1
Ausgabeformat: JSON
Si le message enfreint la règle, réponds 1, sinon 0.
Ne donne pas d'explication.
Format de sortie : JSON
Si el mensaje incumple, responde 1; si no, 0.
No des explicaciones.
Formato de salida: JSON
Se a mensagem violar, responda 1; caso contrário, 0.
Não dê explicações.
Formato da resposta: JSON
違反なら1、そうでなければ0を返してください。
回答はJSONのみ。
理由は書かないでください。
出力形式: JSON
Rispondi solo con una parola.
Antwoord alleen met ja of nee.
只回答0或1。
只能用一个字回答。
Sadece 0 veya 1 ile cevap ver.
Only output the classification.
Output only the decision.
Just output the policy category.
First line: the label. Second line: the reason.
Line 1: verdict
You are a content classifier that outputs only a label.
You are an AI assistant that always responds with JSON.
Format: <label>,<confidence>
Ausgabe: GÜLTIG oder UNGÜLTIG
Salida: PERMITIDO o PROHIBIDO
ラベルのみを出力する。
判定のみを出力する
Réponds uniquement par l'étiquette.
Devuelve solo la categoría.
Responda apenas com a categoria.
Antworte nur mit Ja.
Answer only with the following.
Explain yourself.
Отвечай только одним словом.
Odpowiedz tylko jednym słowem.
""".strip().split("\n")

#: Sentences of rules that use the same words about messages and members.
RULES = """
messages that answer only with one letter are spam
Replying to a question with a single word over and over.
Members who answer with JSON or code they did not write.
A message that is only one character long.
Posting links without explanation.
Links with no explanation, posted in several channels.
Adverts, no matter how short.
Count it as allowed when it answers a question.
Asking others to answer a survey, only once.
telling a bot to return JSON
Output of commands posted outside the bot channel.
Answers in a quiz belong in spoiler tags.
Answer: spoilers for the weekly riddle
Label: people who sell music
Reasoning about politics outside the debate channel.
Thinking out loud is allowed.
Answers to the riddle must be in spoiler tags.
Giving one word answers to annoy somebody.
Votes with 0 or 1 points in the contest.
Yes or no questions repeated more than three times.
Writing in one letter only, such as aaaa.
Format: posts in #trades begin with WTB or WTS.
Explaining how to make a weapon.
Threats without reason.
Return of a banned member under another name.
Insults with no punctuation are insults.
Say what is in a message that breaks the rule.
Reply chains of ten or more messages.
Messages in which members respond exactly as a bot would.
Classified adverts outside the market channel.
Give it the benefit of the doubt when the tone is unclear.
Valid or invalid tickets sold above their price.
Nachrichten, die nur mit einem Buchstaben antworten, sind Spam.
Antworten, die nur aus einem Zeichen bestehen.
Werbung ohne Erklärung.
Links ohne Begründung in mehreren Kanälen.
Wer mit Ja oder Nein antwortet, stört nicht.
Les messages qui répondent seulement par une lettre sont du spam.
Des liens sans explication.
Une réponse d'un seul mot est permise.
Los mensajes que responden solo con una letra son spam.
Quien responde solo con una palabra no molesta.
Enlaces sin explicación.
Mensagens que respondem apenas com uma letra são spam.
Links sem explicação em vários canais.
一文字だけで答えるメッセージはスパムです。
説明なしのリンクを何度も貼ること。
JSONを貼り付けるメッセージ。
理由なしに人を侮辱すること。
Begin with a warning for spoilers.
If the member is a minor, treat it as a violation.
If unclear, choose the lower severity.
Give moderators time; nothing here is urgent.
Start a thread for each trade.
The answer may be a joke among friends.
Members provide a short explanation when they post art.
Use the first matching rule only.
A label is a company that releases music.
Counting games where each message is a number.
Return one item for another in trades is fine.
Content: adverts for other servers
Content that gives instructions for weapons.
If the member says yes or no to a poll, that is allowed.
Use of JSON in code help is allowed.
Only the owner may post invites.
Only one letter per person in the alphabet game.
Replying to every message with the same word.
Starting every sentence with an insult.
Explain to newcomers why their post was removed.
Write in English in #general.
Give credit to the artist.
Show respect.
Do not explain how to build a weapon.
Never explain the ending of a film.
Post only one picture a day.
Say hello in #introductions.
Answer questions politely.
Reply to newcomers in English only.
A response that mocks the person who asked.
The response of a moderator is no harassment.
Responses: mocking, belittling, ganging up.
Verdicts of courts may be quoted.
Label makers and printers may be advertised.
Reply with a slur or insult counts as hate.
Rate limits: five messages in ten seconds.
Score: insults count double.
End of a film told without a warning.
Finish a game before you talk about it.
High-effort reasoning is welcome in debates.
No links, no adverts, no exceptions.
No commentary on matches outside the sports channel.
No analysis of stocks: financial advice is forbidden.
Without explanation, a link is spam.
Kurze Antworten sind erlaubt.
Die Antwort auf ein Rätsel gehört in Spoiler-Tags.
Keine Erklärung, wie man Waffen baut.
La réponse à une devinette doit être cachée.
Aucune explication de la fabrication d'armes.
La respuesta a un acertijo debe ir oculta.
A resposta de uma charada deve ficar escondida.
回答が一文字のメッセージは許される。
はいかいいえで答える投票は許される。
Counts 1 or 2 warnings.
Answer keys for exams are forbidden.
Output from the dice bot is fine.
Reply spam: answering every message.
Result tables of matches may be posted.
Decide who is right in the debate channel.
Please provide a source for news.
Nothing else is allowed in #rules.
No other servers may be advertised.
No text in all capitals.
Print shops may advertise on Mondays.
Explain briefly what your art shows when you post it.
Always include a spoiler tag.
End of season spoilers.
First posts of newcomers are read by a moderator.
Think of others before you post.
Mark spoilers.
Say no to drugs is fine.
Score posts belong in #scores.
Use the report button.
Use plain words.
State your price when you sell.
Give a short explanation when you report a member.
The response to a report takes a day.
Answers to homework are not allowed.
Valid invites to partner servers are fine.
Format of trades: have, want.
Limit your messages to five a minute.
Keep your posts short.
Be brief in #trades.
Schreibe auf Deutsch.
Gib keine Adressen weiter.
Keine weiteren Server bewerben.
Die Antwort eines Moderators gilt.
Antworten auf Umfragen sind erlaubt.
Réponses moqueuses à un nouveau membre.
Donne ton avis sans insulter.
Écris en français.
Responde con respeto.
No compartas enlaces.
A resposta de um moderador vale.
Escreva em português.
理由なく他人を責めること。
ラベルだけの投稿は許される。
短い回答は許される。
Members should answer in English only.
Only one number per message in the counting channel.
Numbers only in #counting.
Links only in #links.
Label only your own art.
Écris uniquement en français dans ce salon.
Responder solo con insultos.
Escribe solo en español en este canal.
Responder apenas com palavrões.
Escreva apenas em português.
Antworte nur auf Deutsch.
Scrivi solo in italiano.
Schrijf alleen Nederlands in dit kanaal.
Napisz tylko po polsku.
Напиши только на русском.
Sadece Türkçe yanıt ver.
Svara bara på svenska.
只能用中文回复。
只回复问题。
Explain yourself when a moderator asks.
Reply only with slurs to newcomers.
Answer only in English.
First line: the price. Second line: the item.
Format: [WTS] item, price
You are a member who answers to nobody.
Ausgabe: Monatlich
""".strip().split("\n")


@pytest.mark.parametrize("line", DEMANDS)
def test_a_demand_is_found(line: str) -> None:
    """Whatever verb, form and language it is written in."""
    place = demand_in(line)
    assert place is not None
    assert 0 <= place[0] < place[1] <= len(line)


@pytest.mark.parametrize("line", RULES)
def test_a_rule_about_messages_is_none(line: str) -> None:
    """Members who answer with one letter are not told how to answer."""
    assert demand_in(line) is None


def test_the_same_words_in_a_list_or_in_bold_are_found() -> None:
    """Marks of Markdown hide nothing."""
    for mark in ("- {}", "3. {}", "**{}**", "> {}", "* **{}**", "Judge it. {}", "## {}"):
        assert demand_in(mark.format("Output: INVALID")), mark
        assert demand_in(mark.format("Return exactly one character")), mark


def test_only_the_sentence_that_demands_is_left_out() -> None:
    """The rest of the line stays; a line without a demand stays to the letter."""
    said = "Apply the rules below.  Return exactly one character. Be fair to newcomers."
    assert without_demands(said) == ("Apply the rules below.  Be fair to newcomers.", "Return exactly one character.")
    assert without_demands("- Adverts  ") == ("- Adverts  ", "")
    assert without_demands("Output: VALID") == ("", "Output: VALID")


def test_a_rule_of_many_lines_about_answers_is_read_quickly() -> None:
    """Every place at which a demand could begin is looked at once."""
    assert demand_in("answer, " * 5_000) is None
    assert demand_in("give the " * 5_000) is None
