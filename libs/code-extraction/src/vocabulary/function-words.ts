/**
 * The small words of each language that is written in a shared script. They carry no meaning here; they tell which
 * tables a message is to be read with, so that a word that is a voucher in one language is not one in another.
 */
export const functionWords = {
  english:
    'the|your|you|is|to|and|for|with|this|that|it|on|of|in|from|at|by|are|was|be|or|if|not|we|our|has|have|will|my|me|an|as|here|its|they|do|before|after|any|who|when|up|out|now',
  spanish:
    'el|la|los|las|tu|su|es|de|para|con|no|por|un|una|en|y|se|que|si|del|al|le|te|lo|ha|esta|este|hola|hasta|mas|ya|sus|tus|nos|como|antes',
  portuguese:
    'o|a|os|as|seu|sua|e|de|para|com|nao|por|um|uma|em|no|na|se|que|do|da|dos|ao|voce|ola|ate|mais|este|esta|foi|pelo|pra|sem|teu|tua',
  french:
    'le|la|les|votre|vos|ton|est|de|pour|avec|ne|pas|par|un|une|en|et|se|que|si|du|des|au|ce|cet|cette|vous|nous|bonjour|dans|sur|il|elle|jusqu|a|l|d|c|qui|sera|avant',
  italian:
    'il|lo|la|i|gli|le|tuo|tua|suo|e|di|per|con|non|un|una|in|si|che|se|del|della|al|alla|ti|ci|ciao|questo|questa|entro|sul|dal|nel|piu|il tuo|o|da|ha|sono',
  romanian:
    'si|este|de|pentru|cu|nu|pe|un|o|in|la|sa|ca|din|al|ale|dvs|tau|ta|va|te|salut|buna|acest|acesta|pana|sau|ati|ai|prin|mai|dumneavoastra',
  catalan:
    'el|la|els|les|el teu|la teva|es|de|per|amb|no|un|una|en|i|que|si|del|al|us|aquest|aquesta|hola|fins|seu|seva|per a',
  german:
    'der|die|das|ihr|ihre|ihren|dein|deine|deinen|ist|sind|zu|und|fur|mit|nicht|ein|eine|einen|in|im|auf|von|sie|du|wir|wird|werden|bei|bis|am|um|den|dem|des|es|an|oder|wenn|aus|hallo|fuer|zum|zur|ich|hat|haben|noch',
  dutch:
    'de|het|een|je|uw|jouw|is|en|voor|met|niet|in|op|van|te|om|dit|deze|dat|bij|naar|aan|of|u|we|wij|zijn|hoi|hallo|nog|er|wordt|door|tot|mijn|als|heb|heeft',
  swedish:
    'och|att|din|ditt|dina|ar|det|den|en|ett|for|med|inte|i|pa|av|till|du|vi|som|om|fran|har|hej|eller|kan|nu|hos|innan|senast|sedan|ska|nar|den har',
  danish:
    'og|at|din|dit|dine|er|det|den|en|et|for|med|ikke|i|på|af|til|du|vi|som|om|fra|har|hej|eller|kan|nu|hos|inden|skal|når|dig|os|denne|blev',
  norwegian:
    'og|at|din|ditt|dine|er|det|den|en|et|for|med|ikke|i|på|av|til|du|vi|som|om|fra|har|hei|eller|kan|nå|hos|innen|skal|når|deg|oss|denne|ble',
  finnish:
    'ja|on|ei|se|sinun|teidan|tama|tai|jos|kun|hei|olet|ovat|mukaan|oma|etta|niin|nyt|meille|sen|voit|tassa|ole|saat|asti|mennessa|tahan',
  polish:
    'i|w|na|do|z|ze|dla|jest|to|sie|twoj|twoja|twoje|panstwa|nie|o|od|po|za|przez|aby|by|lub|czy|jak|ten|ta|juz|ci|cie|oraz|ma|masz|swoj|zeby|dzien dobry',
  czech:
    'a|v|na|do|z|pro|je|to|se|vas|vase|tvuj|ne|o|od|po|za|pri|aby|nebo|jak|tento|si|k|s|u|vam|byl|byla|jsou|bude|ve|tvoj|pre|sa|zo|vasa|vasej|je to|dobry den|ci|pod',
  southSlavic:
    'i|u|na|do|iz|za|je|to|se|vas|vasa|vase|tvoj|ne|o|od|po|s|sa|da|ili|kako|ovaj|ova|ste|su|koji|koja|v|in|za|vasa|vaš|ki|ali|ni',
  hungarian:
    'a|az|es|egy|nem|van|hogy|ezt|ez|on|te|vagy|ha|is|meg|be|ki|el|az on|kedves|udv|szia|kerjuk|kell|mar|csak|volt|lesz|alatt|itt|nalunk|mellyel|mint|sem|otp bank|otpdirekt|otp-s|otp mobil|az otp',
  turkish:
    've|bir|bu|icin|ile|de|da|ne|en|mi|sayin|sizin|senin|olan|olarak|daha|veya|lutfen|merhaba|kadar|tarafindan|size|sana|biz|bize|her|sonra|once|olup|tarihli',
  baltic:
    'ja|on|sinu|teie|et|ei|see|kui|un|ir|jusu|tava|lai|no|ar|par|tas|nav|jusu|kad|su|i|is|tai|ne|prasome|palun|ludzu|iki|kuni|lidz|mitte',
  vietnamese:
    'la|cua|ban|quy khach|va|de|cho|khong|tai|voi|trong|se|duoc|da|nay|den|hoac|neu|vui long|tu|khi|co|toi|hay|xin|moi|dung',
  malayIndonesian:
    'anda|kamu|adalah|untuk|dan|yang|ini|itu|dengan|di|ke|dari|tidak|jangan|atau|dalam|pada|ialah|akan|telah|sudah|utk|kpd|silakan|sila|kami|hai|halo|oleh|jgn|saja|ya|bagi|kita',
  filipino:
    'ang|ng|sa|mo|mga|iyong|para|na|ay|ito|kung|hindi|ni|si|at|ka|po|ko|namin|natin|naming|wag|huwag|lang|may|kay|niyo|inyo|gamit',
  swahili: 'yako|ya|ni|kwa|na|wa|la|hii|usimpe|tafadhali|kutoka|katika|umepokea|au|za|cha|yeyote|namba|mtu',
  russian:
    'и|в|на|для|не|с|по|из|к|от|до|ваш|ваша|ваше|вы|вам|это|если|или|за|у|о|мы|его|при|чтобы|как|что|тебя|твой|вас|без|будет|был|можно',
  ukrainian:
    'і|й|в|у|на|для|не|з|по|із|до|від|ваш|ваша|ви|вам|це|якщо|або|за|про|ми|його|при|щоб|як|що|твій|вас|без|буде|та|є|цих',
  bulgarian:
    'и|в|на|за|не|с|по|от|до|вашият|ваш|вие|ви|това|ако|или|при|ние|го|да|как|че|са|със|си|је|у|се|вас|од|ваша|ваше|али|са|овај',
  arabic: 'في|من|على|إلى|هو|هي|هذا|هذه|لا|مع|عن|أو|تم|قد|خلال|لديك|عزيزي|حتى|ولا|لدى|عند|التي|الذي|غير',
  persian: 'از|در|به|است|شما|را|با|برای|این|آن|که|می|نمی|تا|شد|خود|هر|گرامی|لطفا|باشد|شده|یا',
  urdu: 'کے|کی|کا|ہے|ہیں|میں|سے|کو|پر|یہ|اور|لیے|نے|نہ|آپ|اپنے|اپنا|کریں|براہ|اس',
  japanese: 'の|は|を|に|です|ます|ください|で|が|と|し|から|まで|して|ました|より|この',
  chinese: '的|您|请|請|为|為|是|在|了|我们|我們|如|已|于|於|与|及|将|將|本|该|此|勿|到',
} as const;
